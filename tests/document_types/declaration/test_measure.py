from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Measure


def as_text(found):
    if found is None:
        return None
    value = found["value"] if isinstance(found["value"], str) else "-".join(found["value"])
    return " ".join([found["operator"], value, found["unit"] or "_", found["per"] or "_"])


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("≥10户/年", "≥ 10 户 年"),
        ("100%", "= 100 % _"),
        ("95%以上", "≥ 95 % _"),
        ("不低于95%", "≥ 95 % _"),
        ("不少于 3 次", "≥ 3 次 _"),
        ("不超过10天", "≤ 10 天 _"),
        ("12小时以内", "≤ 12 小时 _"),
        ("5万元以下", "≤ 5 万元 _"),
        ("小于等于3", "≤ 3 _ _"),
        ("控制在50万元以内", "≤ 50 万元 _"),
        ("达到90%", "= 90 % _"),
        ("达到90%以上", "≥ 90 % _"),
        (">90%", "> 90 % _"),
        ("<=8次", "≤ 8 次 _"),
        ("低于3起", "< 3 起 _"),
        ("≤0.7元/度", "≤ 0.7 元 度"),
        ("260元/人/月", "= 260 元 人/月"),
        ("2元/课时·人", "= 2 元 课时/人"),
        ("14元/每人", "= 14 元 人"),
        ("8元每吨", "= 8 元 吨"),
        ("≥7.5/千车公里", "≥ 7.5 _ 千车公里"),
        ("29万平方米", "= 29 万平方米 _"),
        ("2.5亿", "= 2.5 亿 _"),
        ("1,500.50元", "= 1500.50 元 _"),
        ("1.6万元/Km", "= 1.6 万元 Km"),
        ("15㎡", "= 15 m2 _"),
        ("20m³/天", "= 20 m3 天"),
        ("-5℃", "= -5 °C _"),
        ("≥１２户", "≥ 12 户 _"),
        ("每年至少1次", "≥ 1 次 年"),
        ("每年一次", "= 1 次 年"),
        ("两项", "= 2 项 _"),
        ("三年", "= 3 年 _"),
        ("99年", "= 99 年 _"),
        ("6个月", "= 6 个月 _"),
        ("30日内", "≤ 30 日 _"),
        ("在10-50万之间", "between 10-50 万 _"),
        ("80%~90%", "between 80-90 % _"),
        ("5至10个/年", "between 5-10 个 年"),
        (r"$\geq 95\%$", "≥ 95 % _"),
        (r"$\leqslant 20 \mathrm{m}^{3}$", "≤ 20 m3 _"),
        ("≥2000", "≥ 2000 _ _"),
        ("100%。", "= 100 % _"),
    ],
)
def test_one_quantity(target, expected):
    assert as_text(measure(target)) == expected


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "及时发放",
        "一次性发放",
        "一般",
        "一级",
        "2031年",
        "2031",
        "2031-2033年",
        "2031.06",
        "2031年12月前",
        "2031-2033年每年6月30日之前",
        "10月底前",
        "6月",
        "1-3月",
        "每月10日",
        "15日前",
        "约30人",
        "30人左右",
        "投资额的10%",
        "12小时内及时响应",
        "≥95%，≤98%",
        "≥95%以内",
        "10-5个",
        "5个-10元",
        "1:1",
        "2/3",
        "①95%",
        "10²",
        "$10^{2}$",
        "五百二十人",
    ],
)
def test_not_one_quantity(target):
    assert measure(target) is None


UNITS = st.sampled_from(["%", "元", "万元", "户", "人次", "个工作日", "平方米", "GJ"])
PERS = st.lists(st.sampled_from(["年", "月", "人", "次", "户"]), max_size=2)
NUMBERS = st.decimals(0, 9_999_999, places=2).map(lambda number: f"{number.normalize():f}")


@given(st.sampled_from(["≥", "≤", ">", "<", "="]), NUMBERS, UNITS, PERS)
def test_what_is_printed_is_what_is_measured(operator, value, unit, pers):
    found = measure(operator + value + unit + "".join(f"/{per}" for per in pers))
    assert found == {"operator": operator, "value": value, "unit": unit, "per": "/".join(pers) or None}


@given(st.sampled_from(["≥10户/年", "95%以上", "在10-50万之间", "2031年6月底前", "及时"]), st.data())
def test_white_space_and_width_carry_no_meaning(target, data):
    place = data.draw(st.integers(0, len(target)))
    spaced = target[:place] + data.draw(st.text(" \t\n\u3000", max_size=3)) + target[place:]
    wide = spaced.translate({ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789%-/"})
    assert measure(wide) == measure(spaced) == measure(target)


@given(
    st.one_of(
        st.text(), st.text("0123456789.,-~≥≤<>=%/元户年月日在间之以上下内至$\\^{} 一两①²m", max_size=12)
    )
)
def test_a_measure_is_always_a_measure_and_never_invents_a_number(target):
    found = measure(target)
    if found is None:
        return
    Measure.model_validate(found)
    digits = [c for c in "".join(found["value"]) if c.isdigit()]
    assert any(c.isdigit() or c in "一二两三四五六七八九十" for c in target)
    assert len(digits) <= sum(c.isdigit() for c in target) + 2 * sum(c in "十" for c in target) + sum(
        c in "一二两三四五六七八九" for c in target
    )
