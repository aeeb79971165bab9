from __future__ import annotations

import time

import pytest

from structurer.grounding import TextIndex, ValueKind, fold, ground, verify
from structurer.models import Evidence, Grounding, Span

TEXT, LABEL = ValueKind.TEXT, ValueKind.LABEL


def printed(text: str, evidence: Evidence) -> list[str]:
    return [text[start:end] for start, end in evidence.spans]


def whole(text: str, piece: str) -> Span:
    start = text.index(piece)
    return Span(start, start + len(piece))


@pytest.mark.parametrize(
    ("text", "value", "status", "spans"),
    [
        ("名称\t河道清淤\t3次", "河道清淤", Grounding.EXACT, ["河道清淤"]),
        ("名称\t河道 清\n淤\t3次", "河道清淤", Grounding.JOINED, ["河道 清\n淤"]),
        ("（试行）办法", "(试行)办法", Grounding.JOINED, ["（试行）办法"]),
        ("面积\t20 m <sup>3</sup>", "20m3", Grounding.JOINED, ["20 m", "3"]),
        ("<p>清淤河道</p> <p>修补堤岸</p>", "清淤河道修补堤岸", Grounding.JOINED, ["清淤河道", "修补堤岸"]),
        (r"满意度 $\geq 95\%$", "≥95%", Grounding.JOINED, [r"\geq 95\%"]),
        ("| **树苗** | 30棵 |", "树苗", Grounding.EXACT, ["树苗"]),
        ("投入 1,500元", "1500元", Grounding.JOINED, ["1,500元"]),
        ("占地 30㎡", "30m2", Grounding.JOINED, ["30㎡"]),
        ("灯\u200b杆", "灯杆", Grounding.JOINED, ["灯\u200b杆"]),
        ("气温 &lt;5℃", "<5°C", Grounding.JOINED, ["&lt;5℃"]),
    ],
)
def test_finds_words_as_scanners_print_them(
    text: str, value: str, status: Grounding, spans: list[str]
) -> None:
    evidence = ground(TextIndex(text), value, TEXT)
    assert (evidence.status, printed(text, evidence)) == (status, spans)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("覆盖率 95%", "5%"),
        ("利率 4.5%", "5%"),
        ("利率 5%", "6%"),
        ("利率 5.5%", "利率5"),
        ("投入 1,500元", "500元"),
        ("占地 30㎡", "30m"),
        ("棵数\t3\t0棵", "30棵"),
        ("补种树苗成活比\t数量指标", "补种树苗成活比率"),
        ("新建第一批集中供水站点工程", "新建第二批集中供水站点工程"),
        ("群众对工程质量表示满意的比例≥95%", "群众对工程质量表示满意的比例≤95%"),
        ("单价每盏路灯1.5元按年结算给养护队伍", "单价每盏路灯15元按年结算给养护队伍"),
        ("所有居民不参加本次培训与考核活动", "所有居民都参加本次培训与考核活动"),
        ("Birch Timber and Sons", "Birch Mining Company of Ontario"),
        ("青禾县水务和林草管理局", "白桦县教育局"),
        ("青禾县民政局", "青禾县财政局"),
        ("树", ""),
        ("树", " \n"),
        ("", "树"),
    ],
)
def test_absent_words_are_nowhere(text: str, value: str) -> None:
    assert ground(TextIndex(text), value, TEXT) == Evidence((), Grounding.NONE)


@pytest.mark.parametrize(
    ("text", "value", "spans"),
    [
        (
            "清洗、更换路灯灯罩完工\n100%\n及时率",
            "清洗、更换路灯灯罩完工及时率",
            ["清洗、更换路灯灯罩完工", "及时率"],
        ),
        (
            "目标：为行人提供明亮、 全年不断电\n安全的夜间道路 确保照明\n环境，减少事故 随时可用",
            "为行人提供明亮、安全的夜间道路环境，减少事故",
            ["为行人提供明亮、", "安全的夜间道路", "环境，减少事故"],
        ),
    ],
)
def test_lines_interleaved_with_another_column_are_joined(text: str, value: str, spans: list[str]) -> None:
    evidence = ground(TextIndex(text), value, TEXT)
    assert evidence.status is Grounding.JOINED
    assert printed(text, evidence) == spans


def test_pieces_of_words_are_no_lines() -> None:
    text = "清洗、更换路灯灯罩完工后\n100%\n提高及时率"
    assert ground(TextIndex(text), "清洗、更换路灯灯罩完工及时率", TEXT).status is Grounding.NONE


def test_digits_of_two_lines_are_no_number() -> None:
    assert ground(TextIndex("配发路灯30\n合格\n000盏"), "配发路灯30000盏", TEXT).status is Grounding.NONE


def test_far_lines_are_not_one_cell() -> None:
    text = "清洗、更换路灯灯罩完工\n" + "道路照明设施日常养护。\n" * 20 + "及时率"
    assert ground(TextIndex(text), "清洗、更换路灯灯罩完工及时率", TEXT).status is Grounding.NONE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("项目由林草站组织专家迸行验收", "项目由林草站组织专家进行验收并归档"[:14]),
        ("由县林草站组织有关的专家进行现场验攻并归档", "由县林草站组织有关的专家进行现场验收并归档"),
        ("委托笫三方开展堤岸巡查，按季结算", "委托第三方开展堤岸巡查按季结算"),
        ("Map1e Grave1 & Qarry Ltd.", "Maple Gravel & Quarry Ltd."),
    ],
)
def test_misread_characters_in_long_values_are_tolerated(text: str, value: str) -> None:
    evidence = ground(TextIndex("表头\t" + text + "\t3次"), value, TEXT)
    assert evidence.status is Grounding.FUZZY
    assert printed("表头\t" + text + "\t3次", evidence) == [text]


def test_short_values_tolerate_nothing() -> None:
    assert ground(TextIndex("路灯末修"), "路灯未修", TEXT).status is Grounding.NONE


def test_a_repeated_value_is_placed_in_its_region() -> None:
    text = "灌溉面积\t20亩\t灌溉面积\t15亩\n"
    index = TextIndex(text)
    right = Span(9, len(text))
    assert ground(index, "灌溉面积", TEXT).status is Grounding.AMBIGUOUS
    assert ground(index, "灌溉面积", TEXT).spans == (Span(0, 4),)
    assert ground(index, "灌溉面积", TEXT, [right]) == Evidence((Span(9, 13),), Grounding.EXACT)


def test_regions_are_tried_in_order_and_nothing_outside_counts() -> None:
    text = "甲乡\t水渠\n乙乡\t水渠\n丙乡\t沟渠"
    index = TextIndex(text)
    first, second, third = (Span(0, 5), Span(6, 11), Span(12, 17))
    assert ground(index, "水渠", TEXT, [third, second, first]).spans == (Span(9, 11),)
    assert ground(index, "水渠", TEXT, [third]).status is Grounding.NONE


@pytest.mark.parametrize("cut", ["服务对象满意度指", "服务对象满意度", "服务对象满"])
def test_a_cut_label_is_canonical(cut: str) -> None:
    text = f"满意度指标\t{cut}\t村民满意"
    index = TextIndex(text)
    for evidence in (
        ground(index, "服务对象满意度指标", LABEL),
        verify(index, "服务对象满意度指标", LABEL, [whole(text, cut)]),
    ):
        assert evidence == Evidence((whole(text, cut),), Grounding.CANONICAL)


def test_too_little_of_a_label_or_a_part_of_a_word_is_none() -> None:
    index = TextIndex("服务\t服务对象满意度调查")
    assert ground(index, "服务对象满意度指标", LABEL).status is Grounding.NONE


def test_verify_exact_and_joined() -> None:
    text = "名称\t植树 造林\t修剪草坪完工\n9成\n合格率"
    index = TextIndex(text)
    assert verify(index, "名称", TEXT, [Span(0, 2)]) == Evidence((Span(0, 2),), Grounding.EXACT)
    assert verify(index, "植树造林", TEXT, [whole(text, "植树 造林")]).status is Grounding.JOINED
    spans = (whole(text, "修剪草坪完工"), whole(text, "合格率"))
    assert verify(index, "修剪草坪完工合格率", TEXT, spans) == Evidence(spans, Grounding.JOINED)


def test_verify_narrows_to_the_value() -> None:
    text = "属性：经常性项目（长期开展）\n说明：修剪草坪 9成 每月一次"
    index = TextIndex(text)
    evidence = verify(index, "经常性项目", TEXT, [Span(0, 14)])
    assert evidence == Evidence((Span(3, 8),), Grounding.EXACT)
    spans = (whole(text, "说明：修剪草坪"), whole(text, "每月一次"))
    narrowed = verify(index, "修剪草坪每月", TEXT, spans)
    assert printed(text, narrowed) == ["修剪草坪", "每月"]


def test_verify_trusts_nobody() -> None:
    text = "植树造林\t植树造林\t修剪草坪"
    index = TextIndex(text)
    nowhere = Evidence((), Grounding.NONE)
    for spans in (
        [],
        [Span(10, 14)],
        [Span(-4, 4)],
        [Span(0, 99)],
        [Span(3, 3)],
        [Span(3, 1)],
        [Span(0, 3)],
        [Span(2, 4), Span(0, 2)],
        [Span(0, 2), Span(1, 4)],
        [Span(4, 5)],
    ):
        assert verify(index, "植树造林", TEXT, spans) == nowhere
    assert verify(TextIndex("覆盖率95%"), "5%", TEXT, [Span(4, 6)]) == nowhere


def test_verify_canonical_words_must_be_like_the_print() -> None:
    text = "环境效益\t减少扬尘"
    index = TextIndex(text)
    first, second = Span(0, 4), Span(5, 9)
    assert verify(index, "生态效益指标", LABEL, [first], canonical=True).status is Grounding.CANONICAL
    assert verify(index, "生态效益指标", LABEL, [first]).status is Grounding.NONE
    assert verify(index, "生态效益指标", LABEL, [second], canonical=True).status is Grounding.NONE


def test_verify_misread() -> None:
    text = "由县林草站组织专家迸行现场验收"
    evidence = verify(TextIndex(text), "由县林草站组织专家进行现场验收", TEXT, [Span(0, len(text))])
    assert evidence == Evidence((Span(0, len(text)),), Grounding.FUZZY)


@pytest.mark.parametrize(
    "text", ["<100%\t完工", "<关于补贴的通知>", "20米*30米*2", "花费$500", "a_b", "100|", "见[附件]#3"]
)
def test_text_that_only_looks_like_markup_stays(text: str) -> None:
    assert fold(text) == "".join(text.split()).replace("|", "")


@pytest.mark.parametrize("value", ["啊" * 300 + "呀" + "啊" * 300, "啊" * 300 + "哦" * 300, "哦" + "啊" * 9])
def test_text_that_repeats_itself_costs_bounded_work(value: str) -> None:
    index = TextIndex("啊啊 " * 10_000 + "\n100%\n" + "啊" * 10_000)
    started = time.process_time()
    evidence = ground(index, value, TEXT)
    assert evidence.status in (Grounding.NONE, Grounding.AMBIGUOUS, Grounding.FUZZY)
    assert time.process_time() - started < 2
