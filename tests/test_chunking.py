from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from structurer.chunking import Cut, cut
from structurer.models import Chunk, Document, Page

TITLE = "望鹤县县级预算部门（单位）项目支出绩效目标申报表"


def document(text: str) -> Document:
    return Document("bridge.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),))


def head(name: str) -> str:
    return (
        f"项目名称\t{name}\t\t\n主管部门及代码\t517-望鹤县交通运输局\t实施单位\t望鹤县桥梁所\n"
        "项目属性\t经常性项目（长期开展）\t项目期\t3年\n项目资金（元）\t实施期资金总额：\t9,000\t年度资金总额：\t3,000\n"
    )


TABLE = (
    "实施期目标\t\t年度目标\n总体目标\t三年内修补全部古桥。\t\t2031年修补八座古桥。\n"
    "绩效指标\t一级指标\t二级指标\t三级指标\t指标值\t二级指标\t三级指标\t指标值\n"
    "\t产出指标\t数量指标\t修补桥墩数量\t≥8座\t数量指标\t修补桥墩数量\t≥8座\n"
    "\t\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n"
)
FOOT = "负责人：\t\t经办人：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310118093015\n"


def form(name: str = "古桥养护") -> str:
    return head(name) + TABLE + FOOT


def names(text: str) -> list[str]:
    """The first line of each chunk's form, without its label."""
    found = []
    for chunk in cut(document(text)).chunks:
        lines = [text.split("\n")[line] for line in chunk.lines]
        found.append(next(line.split("\t")[1] for line in lines if line.startswith("项目名称")))
    return found


def title_of(text: str, chunk: Chunk) -> str:
    return "".join(text[start:end] for start, end in chunk.title)


def year_of(text: str, chunk: Chunk) -> str | None:
    return None if chunk.year is None else text[chunk.year.start : chunk.year.end]


def residue(text: str) -> list[str]:
    return [text[stretch.start : stretch.end] for stretch in cut(document(text)).residue]


def only(text: str) -> Chunk:
    (chunk,) = cut(document(text)).chunks
    return chunk


def test_every_project_is_a_chunk_in_order() -> None:
    text = form("古桥养护") + "\n" + form("灯塔修缮") + form("渡口值守")
    found = cut(document(text))
    assert names(text) == ["古桥养护", "灯塔修缮", "渡口值守"]
    assert [chunk.ordinal for chunk in found.chunks] == [1, 2, 3]
    assert found.residue == ()
    assert text[found.chunks[1].start : found.chunks[1].end] == form("灯塔修缮").rstrip("\n")


def test_a_head_repeated_on_each_page_is_one_project() -> None:
    page_two = f"{TITLE}\n（2031年度）\n{head('古桥养护')}{TABLE}"
    text = f"{TITLE}\n（2031年度）\n{head('古桥养护')}{TABLE}\n{page_two}\n{head('古桥养护')}{TABLE}{FOOT}"
    assert len(only(text).lines) == len([line for line in text.split("\n") if line])


def test_a_repeated_head_may_be_misread_in_a_character() -> None:
    text = head("望鹤县古桥日常养护经费") + TABLE + head("望鹤县古桥曰常养护经费") + TABLE + FOOT
    assert len(cut(document(text)).chunks) == 1


def test_another_head_before_a_foot_is_another_project() -> None:
    assert names(head("古桥养护") + TABLE + form("灯塔修缮")) == ["古桥养护", "灯塔修缮"]


def test_the_same_head_after_a_foot_is_another_project() -> None:
    assert names(form() + form()) == ["古桥养护", "古桥养护"]


def test_projects_that_differ_in_a_year_or_number_are_two() -> None:
    text = head("2030年古桥养护经费结转项目") + TABLE + head("2031年古桥养护经费结转项目") + TABLE + FOOT
    assert names(text) == ["2030年古桥养护经费结转项目", "2031年古桥养护经费结转项目"]


def test_a_title_only_at_the_top_holds_for_every_form_below() -> None:
    text = f"# {TITLE}\n\n（2031年度）\n\n{form()}\n{form('灯塔修缮')}"
    chunks = cut(document(text)).chunks
    assert [title_of(text, chunk) for chunk in chunks] == [TITLE] * 2
    assert [year_of(text, chunk) for chunk in chunks] == ["2031"] * 2


def test_a_forms_own_title_and_year_come_first() -> None:
    other = "望鹤县乡镇项目支出绩效目标申报表"
    text = f"{TITLE}\n（2031年度）\n{form()}{other}\n（2032年度）\n{form('灯塔修缮')}{form('渡口值守')}"
    chunks = cut(document(text)).chunks
    assert [title_of(text, chunk) for chunk in chunks] == [TITLE, other, other]
    assert [year_of(text, chunk) for chunk in chunks] == ["2031", "2032", "2032"]
    assert cut(document(text)).residue == ()


@pytest.mark.parametrize("place", [12, 16, 20])
def test_a_title_broken_over_two_lines_is_whole(place: int) -> None:
    text = f"{TITLE[:place]}\n{TITLE[place:]}\n（2031年度）\n{form()}"
    assert title_of(text, only(text)) == TITLE


def test_without_any_title_there_is_none() -> None:
    chunk = only(form())
    assert (chunk.title, chunk.year) == ((), None)


@pytest.mark.parametrize(
    ("above", "year"),
    [
        ("（2031年度）\n", "2031"),
        ("（ 203 1 年 度 ）\n", "203 1"),
        ("望鹤县交通运输局\n2031年度部门预算公开\n\n第二部分 绩效管理\n", "2031"),
        ("2030年度部门预算公开\n望鹤县交通运输局2031年度部门预算公开\n说明\n", "2031"),
        ("截至2029年底，全县古桥共二十四座。\n", None),
    ],
)
def test_the_fiscal_year_stands_in_the_form_or_in_a_heading_above(above: str, year: str | None) -> None:
    assert year_of(above + form(), only(above + form())) == year


@pytest.mark.parametrize("broken", ["项目\n名称\t古桥养护", "项目\n名称 古桥养护", "项目名\n称 古桥养护"])
def test_a_head_broken_over_two_lines_opens_a_form(broken: str) -> None:
    text = form().replace("项目名称\t古桥养护\t\t", broken)
    assert only(text).start == 0
    assert not residue(text)
    repeated = form().replace(FOOT, "").replace("项目名称\t古桥养护\t\t", broken)
    assert len(cut(document(repeated + text)).chunks) == 1


DISCLOSURE = (
    "望鹤县交通运输局\n2031年度部门预算公开\n\n单位：万元\n项目名称\t合计\t财政拨款\t单位资金\n"
    "\t\t一般公共预算\t\n1\t2\t3\t4\n古桥养护\t300\t300\t\n主管部门\t300\n"
    "灯塔修缮\t20\t20\t\n\n第三部分 情况说明\n"
)


def test_a_table_of_projects_is_no_form() -> None:
    text = DISCLOSURE + form() + "\n十一、国有资产占有使用情况\n共有公务用车3辆。\n"
    assert names(text) == ["古桥养护"]
    assert residue(text)[0].startswith("望鹤县交通运输局")
    assert residue(text)[0].endswith("第三部分 情况说明")
    assert cut(document(DISCLOSURE)).chunks == ()


def test_prose_after_a_foot_is_residue() -> None:
    text = form() + "本单位无其他需要公开的事项。\n\n项目名称以批复为准。\n" + form("灯塔修缮")
    assert residue(text) == ["本单位无其他需要公开的事项。\n\n项目名称以批复为准。"]


def test_a_section_heading_ends_a_form_without_a_foot() -> None:
    text = head("古桥养护") + TABLE + "十一、国有资产占有使用情况\n共有公务用车3辆。\n"
    assert residue(text) == ["十一、国有资产占有使用情况\n共有公务用车3辆。"]


def test_numbered_lines_of_a_long_text_do_not_end_a_form() -> None:
    text = form().replace("实施期目标", "项目实施计划\n一、逐座勘察\n二、逐座修补\n实施期目标", 1)
    assert residue(text) == []


def test_a_foot_goes_on_on_the_next_line() -> None:
    text = form().replace("填报日期：\t20310118093015", "填报日期：\n20310118093015") + "以上数据未经审计。\n"
    assert residue(text) == ["以上数据未经审计。"]


def test_a_form_that_lost_its_name_below_a_finished_form_is_a_project() -> None:
    nameless = form("灯塔修缮").partition("\n")[2]
    chunks = cut(document(form() + nameless)).chunks
    assert len(chunks) == 2
    assert chunks[1].start == len(form())


def test_a_document_without_forms_is_residue() -> None:
    text = "望鹤县简介\n\n全县有古桥二十四座。\n"
    found = cut(document(text))
    assert found.chunks == ()
    assert residue(text) == [text.rstrip("\n")]
    assert cut(document("")) == Cut((), ())
    assert cut(document(" \n\t\n")) == Cut((), ())


def test_a_name_in_prose_opens_nothing() -> None:
    text = "项目名称：见附表\n立项依据充分，项目概况清楚。\n以上。\n"
    assert cut(document(text)).chunks == ()


LINES = [
    *(form("古桥养护") + form("灯塔修缮") + DISCLOSURE).split("\n"),
    TITLE,
    TITLE[:12],
    TITLE[12:],
    "（2031年度）",
    "项目名称 渡口值守",
    "项目",
    "名称 渡口值守",
    "----",
    "十二、其他说明",
    "本单位无其他事项。",
    "20310118093015",
    "",
    " ",
    "\t\t",
    "绩",
    "效",
    "\u200b",
]
soups = st.lists(st.sampled_from(LINES), max_size=40).map("\n".join)
fragments = st.lists(
    st.sampled_from(
        [head("古桥养护"), TABLE, FOOT, form("灯塔修缮"), f"{TITLE}\n", "（2031年度）\n", "\n", "说明\n"]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.one_of(soups, fragments))
@example(f"{head('古桥养护')}{TABLE}{TITLE}\n{head('灯塔修缮').partition(chr(10))[2]}{TABLE}{FOOT}" * 2)
def test_chunks_and_residue_share_out_the_lines(text: str) -> None:
    whole = document(text)
    found = cut(whole)
    taken = sorted([line for piece in (*found.chunks, *found.residue) for line in piece.lines])
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line.replace("\u200b", "").strip()]
    assert set(filled) <= set(taken)
    assert len(taken) == len(set(taken))
    assert not any(lines[number].strip() == "" for number in taken)
    for piece in (*found.chunks, *found.residue):
        starts = whole.line_starts
        assert piece.lines == tuple(sorted(piece.lines))
        assert piece.start == starts[piece.lines[0]]
        assert piece.end == starts[piece.lines[-1]] + len(lines[piece.lines[-1]])
    assert [chunk.ordinal for chunk in found.chunks] == list(range(1, len(found.chunks) + 1))
    for earlier, later in zip(found.chunks, found.chunks[1:], strict=False):
        assert earlier.end < later.start
    assert cut(whole) == found


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["古桥养护", "灯塔修缮", "渡口值守", "驿站保洁"]), min_size=1, max_size=5),
    st.data(),
)
def test_finished_forms_are_told_apart_whatever_stands_between(
    projects: list[str], data: st.DataObject
) -> None:
    between = st.sampled_from(["", "\n\n", f"{TITLE}\n（2031年度）\n", "本页无其他事项。\n", "----\n"])
    text = "".join(data.draw(between) + form(name) for name in projects)
    assert names(text) == projects
