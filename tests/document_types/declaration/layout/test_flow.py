"""The indicator table in running text: no columns, cells wrapped around their neighbours."""

from __future__ import annotations

import pytest

HEAD = "绩\n效\n指\n标\n一级指标 二级指标 三级指标 指标值 二级指标 三级指标 指标值\n"
PLAIN = (
    "产出指标\n数量指标\n修补桥墩数量 ≥8座\n数量指标\n修补桥墩数量 ≥8座\n"
    "加固栏杆长度 ≥640米 加固栏杆长度 ≥640米\n"
    "质量指标 石料抗压合格率 100% 质量指标 石料抗压合格率 100%\n"
    "时效指标 巡检完成时间 每季度末 时效指标 巡检完成时间 每季度末\n"
    "成本指标 每座修补费用 ≤12万元 成本指标 每座修补费用 ≤12万元\n"
    "效益指标\n经济效益指标 经济效益指标\n"
    "社会效益指标 减少通行隐患 有效减少 社会效益指标 减少通行隐患 有效减少\n"
    "生态效益指标 生态效益指标\n"
    "可持续影响指标 健全管护机制 持续健全 可持续影响指标 健全管护机制 持续健全\n"
    "满意度指标 服务对象满意度指标 过桥行人满意度 ≥90% 服务对象满意度指标 过桥行人满意度 ≥90%\n"
)
QUALITY = "质量指标 石料抗压合格率 100% 质量指标 石料抗压合格率 100%\n"
WIDE = "石拱桥面铺装石料抗压强度抽检合格率"
"""Wider than any other name of the table, so that it is the one that wraps."""


@pytest.fixture
def flow(form, read):
    """Read the form with its table as running text, and some lines of it printed otherwise."""

    def replaced(new=QUALITY, old=QUALITY, keep=PLAIN):
        assert keep.count(old) == 1
        return read(form(head=HEAD, table=keep.replace(old, new)))

    return replaced


def test_rows_without_columns(flow, rows):
    found = flow()
    assert found.left == found.right == list(rows)
    assert found.flags() == []


def test_empty_groups_give_no_row(flow):
    found = flow()
    assert {row[0] for row in found.left} & {"经济效益指标", "生态效益指标"} == set()


def wide(rows):
    return [*rows[:2], ("质量指标", WIDE, "100%"), *rows[3:]]


def test_a_wrapped_name_with_its_value_between_its_lines(flow, rows):
    found = flow(f"质量指标\n{WIDE[:14]}\n100%\n{WIDE[14:]}\n质量指标\n{WIDE[:14]}\n100%\n{WIDE[14:]}\n")
    assert found.left == found.right == wide(rows)


def test_both_halves_of_a_wrapped_row_mixed_line_by_line(flow, rows):
    found = flow(f"{WIDE[:14]} {WIDE[:14]}\n质量指标 100% 质量指标 100%\n{WIDE[14:]} {WIDE[14:]}\n")
    assert found.left == found.right == wide(rows)


def test_labels_set_to_the_middle_of_a_wrapped_row(flow, rows):
    found = flow(f"{WIDE[:14]}\n质量指标 100%\n{WIDE[14:]}\n{WIDE[:14]}\n质量指标 100%\n{WIDE[14:]}\n")
    assert found.left == found.right == wide(rows)


def test_a_wrapped_value_stands_in_several_spans(flow, form):
    found = flow(f"质量指标\n{WIDE[:14]}\n100%\n{WIDE[14:]}\n质量指标\n{WIDE[:14]}\n100%\n{WIDE[14:]}\n")
    spans = found.record["evidence"]["indicators.2.name"]
    assert [end - start for start, end in spans] == [14, len(WIDE) - 14]
    assert found.record["grounding"]["indicators.2.name"] == "joined"


def test_a_wrapped_name_in_one_half_only(flow, rows):
    found = flow(f"质量指标 {WIDE[:14]}\n100% 质量指标 石料抽检合格率 ≥99%\n{WIDE[14:]}\n")
    assert found.right[2] == ("质量指标", "石料抽检合格率", "≥99%") or found.row_doubted("annual", 2, "name")
    assert found.left[2] == ("质量指标", WIDE, "100%") or found.row_doubted(
        "implementation_period", 2, "name"
    )


def test_a_lost_left_label_is_supplied_and_flagged(flow, rows):
    found = flow("石料抗压合格率 100% 质量指标 石料抗压合格率 100%\n")
    assert [row[1:] for row in found.left] == [row[1:] for row in rows]
    assert found.right == list(rows)
    assert found.row_doubted("implementation_period", 2, "level2")


def test_a_lost_target_is_null_and_flagged(flow, rows):
    found = flow("质量指标 石料抗压合格率 质量指标 石料抗压合格率 100%\n")
    assert found.right == list(rows)
    assert found.left[2] == ("质量指标", "石料抗压合格率", None)
    assert found.row_doubted("implementation_period", 2, "target")


def test_a_label_broken_over_two_lines(flow, rows):
    satisfied = "满意度指标 服务对象满意度指标 过桥行人满意度 ≥90% 服务对象满意度指标 过桥行人满意度 ≥90%\n"
    broken = (
        "满意度指标 服务对象满意度指\n标\n过桥行人满意度 ≥90%\n服务对象满意度指\n标\n过桥行人满意度 ≥90%\n"
    )
    found = flow(broken, satisfied)
    assert found.left == found.right == list(rows)


def test_a_page_break_inside_the_table(flow, rows):
    found = flow("\n绩\n\n效\n\n指\n\n标\n\n" + QUALITY)
    assert found.left == found.right == list(rows)


def test_vertical_characters_between_the_rows_are_no_cells(form, read, rows):
    lines = PLAIN.splitlines(keepends=True)
    for place, character in ((14, "标"), (9, "指"), (6, "效"), (5, "绩")):
        lines.insert(place, f"{character}\n")
    found = read(form(head=HEAD.partition("标\n")[2], table="".join(lines)))
    assert found.left == found.right == list(rows)


def test_a_name_cut_by_a_space_is_like_the_other_halfs_or_doubted(flow, rows):
    found = flow("质量指标 石料抗压 合格率 100% 质量指标 石料抗压合格率 100%\n")
    assert found.right == list(rows)
    assert found.left == list(rows) or found.row_doubted("implementation_period", 2, "name")


def test_first_level_labels_and_vertical_ones_are_no_cells(flow, rows):
    found = flow("产出指标\n" + QUALITY)
    assert found.left == found.right == list(rows)


def test_one_half_only(form, read, rows):
    lines = [f"{level} {name} {target}" for level, name, target in rows if level]
    lines[1] = lines[1].removeprefix("数量指标 ")
    table = "一级指标 二级指标 三级指标 指标值\n产出指标\n" + "\n".join(lines) + "\n"
    found = read(form(head="", table=table, goals="年度目标\n2031年修补八座古桥。\n"))
    assert found.left == []
    assert found.right == list(rows)


def test_unreadable_interleaving_is_never_silent(flow):
    found = flow("质量 石料 100% 压合\n抗 格率 质量指标 石 100% 料抗压\n合格率\n")
    assert any(path.startswith("indicators") for path, _ in found.flags())
