"""Forms as other places print them: read rightly where the shape is understood, told where it is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from structurer.models import Document, Page
from structurer.pipeline import structure_document

FOLDER = Path(__file__).parent / "dialects"


def read(name: str, text: str | None = None) -> dict[str, Any]:
    text = text if text is not None else (FOLDER / name).read_text(encoding="utf-8")
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    document = Document(name, sha256, text, "utf-8", (Page(1, 0, len(text)),))
    (record,) = structure_document(document).records
    return record.as_dict()


def rows(record: dict[str, Any], scope: str) -> list[tuple[str, str, str]]:
    indicators = [row for row in record["data"]["indicators"] if row["scope"] == scope]
    return [(row["level2"], row["name"], row["target"]) for row in indicators]


def doubts(record: dict[str, Any]) -> list[str]:
    return [f"{f['path']} {f['message']}" for f in record["flags"] if f["kind"] == "extraction"]


def told(record: dict[str, Any], text: str) -> bool:
    return any(text in doubt for doubt in doubts(record))


def test_one_years_form_in_bars_and_ten_thousands() -> None:
    record = read("annual-bars.md")
    data = record["data"]
    assert data["form_title"] == "2034年度项目支出绩效目标表"
    assert data["fiscal_year"] == 2034
    assert data["project_name"] == "山洪预警站点运维"
    assert data["competent_department"] == {"code": "031004", "name": "青榆区水务局"}
    assert data["implementing_unit"] == "青榆区水旱灾害防御站"
    assert data["funding"]["annual"]["total"] == "1865000"
    assert data["funding"]["annual"]["other"] == "265000"
    assert set(data["funding"]["implementation_period"].values()) == {None}
    assert data["goals"] == {
        "implementation_period": None,
        "annual": "完成四十二处山洪预警站点运维，汛期设备在线。",
    }
    assert rows(record, "implementation_period") == []
    assert rows(record, "annual") == [
        ("数量指标", "运维预警站点数量", "≥42处"),
        ("质量指标", "雨量计校准合格率", "≥98%"),
        ("时效指标", "故障修复时限", "≤24小时"),
        ("成本指标", "单站运维费用", "≤4.4万元"),
        ("社会效益指标", "沿河村庄避险时间", "明显提前"),
        ("可持续影响指标", "站点正常使用年限", "≥8年"),
        ("服务对象满意度指标", "沿河村民满意度", "≥92%"),
    ]


def test_money_that_no_field_takes_is_told() -> None:
    record = read("annual-bars.md")
    assert told(record, "财政拨款")
    assert "1600000" not in str(record["data"]["funding"])


def test_a_period_in_dates_is_told() -> None:
    record = read("annual-bars.md")
    assert record["data"]["duration_years"] is None
    assert told(record, "203401-203412")


def test_one_row_a_line_with_spaces() -> None:
    record = read("one-row-a-line.txt")
    data = record["data"]
    assert data["competent_department"] == {"code": None, "name": "青榆区文化和旅游局"}
    assert data["implementing_unit"] == "青榆区群众艺术馆"
    assert (data["project_attribute"], data["duration_years"]) == ("延续性项目", 2)
    assert data["funding"]["implementation_period"]["provincial"] == "600000"
    assert data["funding"]["annual"]["municipal_county"] == "1500000"
    assert data["goals"]["annual"] == "2034年布展三组大型花灯，保障灯会期间游客安全。"
    assert rows(record, "implementation_period")[0] == ("数量指标", "布展大型花灯数量", "≥6组")
    assert rows(record, "annual") == [
        ("数量指标", "布展大型花灯数量", "≥3组"),
        ("质量指标", "花灯验收合格率", "100%"),
        ("时效指标", "布展完成时间", "2034年1月底前"),
        ("成本指标", "每组花灯造价", "≤35万元"),
        ("社会效益指标", "丰富节日文化生活", "明显提升"),
        ("可持续影响指标", "灯会品牌影响", "持续提升"),
        ("服务对象满意度指标", "观灯游客满意度", "≥90%"),
    ]
    assert (data["responsible_person"], data["handler"], data["phone"]) == ("柏青禾", "温如许", "7720031")
    assert data["submitted_at"] == "2034-01-09T14:15:00"


def test_targets_split_into_sign_value_and_unit() -> None:
    record = read("split-targets.txt")
    assert record["data"]["fiscal_year"] == 2034
    assert record["data"]["funding"]["annual"]["total"] == "420000"
    assert record["data"]["funding"]["annual"]["municipal_county"] == "420000"
    assert rows(record, "implementation_period") == []
    assert rows(record, "annual") == [
        ("数量指标", "培训蜂农人次", "≥600人次"),
        ("质量指标", "学员结业率", "≥95%"),
        ("时效指标", "培训完成时间", "10月底前"),
        ("成本指标", "人均培训费用", "≤700元"),
        ("经济效益指标", "蜂蜜亩均增收", "≥8%"),
        ("社会效益指标", "蜂农技术水平", "明显提高"),
        ("服务对象满意度指标", "参训蜂农满意度", "≥90%"),
    ]
    targets = [row["measure"] for row in record["data"]["indicators"]]
    assert targets[0] == {"operator": "≥", "value": "600", "unit": "人次", "per": None}


def test_stacked_halves() -> None:
    record = read("stacked-halves.txt")
    data = record["data"]
    assert data["funding"]["implementation_period"]["total"] == "2700000"
    assert data["funding"]["annual"]["total"] == "900000"
    assert data["goals"] == {
        "implementation_period": "三年内修缮古渡口石阶七百二十级。",
        "annual": "修缮古渡口石阶二百四十级。",
    }
    period, annual = rows(record, "implementation_period"), rows(record, "annual")
    assert [row[:2] for row in period] == [row[:2] for row in annual]
    assert len(annual) == 6
    assert (period[0][2], annual[0][2]) == ("≥720级", "≥240级")


def test_costs_on_the_first_level_and_remarks() -> None:
    record = read("costs-first.txt")
    assert rows(record, "annual") == [
        ("经济成本指标", "每亩改良费用", "≤4000元"),
        ("社会成本指标", "占用农时", "≤20天"),
        ("生态环境成本指标", "排盐水量", "≤9万立方米"),
        ("数量指标", "改良盐碱地面积", "≥300亩"),
        ("质量指标", "土壤含盐量达标率", "≥90%"),
        ("时效指标", "改良完成时间", "11月底前"),
        ("经济效益指标", "耐盐作物亩产", "≥260公斤"),
        ("生态效益指标", "土壤结构", "有所改善"),
        ("服务对象满意度指标", "示范农户满意度", "≥88%"),
    ]
    assert record["data"]["goals"]["annual"] == "改良盐碱地三百亩，示范耐盐作物两种。"
    assert {row["level1"] for row in record["data"]["indicators"][:3]} == {"成本指标"}


@pytest.mark.parametrize("gap", ["", " "], ids=["run together", "spaces"])
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_everything_in_one_line_is_told_never_silent(name: str, gap: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8").replace("|", " ").replace("---", " ")
    heading, label, body = text.partition("项目名称")
    record = read(name, f"{heading}\n{label}{gap.join(body.split())}\n")
    assert record["status"] == "flagged"
    assert told(record, "") or record["data"] is None
    flagged = {flag["path"] for flag in record["flags"]}
    assert flagged & {"", "project_name", "indicators"}
