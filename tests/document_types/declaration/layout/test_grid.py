"""The indicator table in cells: what scanners do to its rows."""

from __future__ import annotations

import pytest

QUALITY = "\t\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n"


@pytest.fixture
def table(form, read, parts):
    """Read the form with one row of its table printed otherwise."""

    def replaced(new, old=QUALITY):
        assert parts["table"].count(old) == 1
        return read(form(table=parts["table"].replace(old, new)))

    return replaced


@pytest.mark.parametrize(
    "row",
    [
        "\t\t\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n",
        "\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n",
        "\t\t质量指标\t石料抗压合格率\t100%\t\t质量指标\t石料抗压合格率\t100%\n",
        "质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n",
    ],
    ids=["right", "left", "gap", "first column"],
)
def test_a_row_moved_by_columns_is_read_the_same(table, rows, row):
    found = table(row)
    assert found.left == found.right == list(rows)


def test_a_lost_target_is_null_and_its_neighbours_stay(table, rows):
    found = table("\t\t质量指标\t石料抗压合格率\t\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left[2] == ("质量指标", "石料抗压合格率", None)
    assert found.right == list(rows)
    assert found.row_doubted("implementation_period", 2, "target")


def test_a_target_lost_with_its_cell_is_null_in_its_own_half(table, rows):
    found = table("\t\t质量指标\t石料抗压合格率\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left[2] == ("质量指标", "石料抗压合格率", None)
    assert found.right == list(rows)


def test_a_lost_name_is_null_and_flagged(table, rows):
    found = table("\t\t质量指标\t\t100%\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left[2] == ("质量指标", None, "100%")
    assert found.right == list(rows)
    assert found.row_doubted("implementation_period", 2, "name")


def test_a_doubled_cell_counts_once(table, rows):
    found = table("\t\t质量指标\t石料抗压合格率\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left == found.right == list(rows)
    doubled_label = table("\t\t质量指标\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n")
    assert doubled_label.left == doubled_label.right == list(rows)


def test_packed_cells_are_split_in_order_and_flagged(table, rows):
    found = table(
        "\t\t质量指标\t石料抗压合格率 灰浆饱满达标率\t100% ≥95%"
        "\t质量指标\t石料抗压合格率 灰浆饱满达标率\t100% ≥95%\n"
    )
    expected = [*rows[:3], ("质量指标", "灰浆饱满达标率", "≥95%"), *rows[3:]]
    assert found.left == found.right == expected
    assert found.row_doubted("annual", 2, "target")
    assert found.row_doubted("annual", 3, "name")


def test_a_name_with_a_space_is_one_name(table):
    found = table("\t\t质量指标\t石料 抗压合格率\t100%\t质量指标\t石料 抗压合格率\t100%\n")
    assert found.left[2] == ("质量指标", "石料抗压合格率", "100%")


def test_name_and_target_in_one_cell_are_parted(table, rows):
    found = table("\t\t质量指标\t石料抗压合格率 100%\t\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left == found.right == list(rows)


@pytest.mark.parametrize(
    "targets",
    ["\t\t\t98%\t98%\t\t99%\t99%\n", "\t\t\t98%\t\t\t99%\t\n", "\t\t\t\t98%\t\t\t99%\n"],
    ids=["doubled", "below the names", "below the empty cells"],
)
def test_targets_that_slid_to_the_next_line_go_back_and_are_flagged(table, rows, targets):
    found = table(f"\t\t质量指标\t石料抗压合格率\t\t质量指标\t石料抗压合格率\t\n{targets}")
    for half, target in ((found.left, "98%"), (found.right, "99%")):
        assert half == [*rows[:2], ("质量指标", "石料抗压合格率", target), *rows[3:]]
    assert found.row_doubted("implementation_period", 2, "target")
    assert found.row_doubted("annual", 2, "target")


def test_a_second_level_label_in_the_first_levels_column(table, rows):
    found = table("\t质量指标\t\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left == found.right == list(rows)


def test_a_first_level_label_in_the_second_levels_column(table, rows):
    old = "\t产出指标\t数量指标\t修补桥墩数量\t≥8座\t"
    found = table("\t\t产出指标\t数量指标\t修补桥墩数量\t≥8座\t", old)
    assert found.left == found.right == list(rows)


def test_the_end_of_a_label_in_place_of_the_label_is_no_name(table, rows):
    found = table("\t\t质量指标\t石料抗压合格率\t100%\t标\t石料抗压合格率\t100%\n")
    assert found.left == list(rows)
    assert [row[1:] for row in found.right] == [row[1:] for row in rows]
    assert found.right[2][0] == "质量指标" or found.row_doubted("annual", 2, "level2")


@pytest.mark.parametrize("row", ["标\t\t质量指标", "\t标\t质量指标", "\t指标\t质量指标"])
def test_a_stray_end_of_a_label_is_no_cell(table, rows, row):
    found = table(QUALITY.replace("\t\t质量指标", row, 1))
    assert found.left == found.right == list(rows)


def test_more_text_than_the_form_has_cells_is_flagged(table):
    found = table("\t\t质量指标\t石料抗压合格率\t100%\t灰浆配比记录\t质量指标\t石料抗压合格率\t100%\n")
    assert found.told("灰浆配比记录") or found.row_doubted("implementation_period", 2, "name")


def test_of_a_cell_too_many_the_halves_tell_which(table):
    found = table("\t\t质量指标\t甲仓石料\t石料来源\t产地可追溯\t质量指标\t石料来源\t产地可追溯\n")
    assert found.left[2] == found.right[2] == ("质量指标", "石料来源", "产地可追溯")
    assert found.row_doubted("implementation_period", 2, "name")


def test_exchanged_cells_are_flagged(table):
    found = table("\t\t质量指标\t100%\t石料抗压合格率\t质量指标\t石料抗压合格率\t100%\n")
    assert found.left[2] == ("质量指标", "石料抗压合格率", "100%") or found.row_doubted(
        "implementation_period", 2, "name"
    )


def test_the_right_half_keeps_its_own_wording(table):
    found = table("\t\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压\t≥99%\n")
    assert found.left[2] == ("质量指标", "石料抗压合格率", "100%")
    assert found.right[2] == ("质量指标", "石料抗压", "≥99%")


def test_a_row_in_one_half_only(table, rows):
    found = table(QUALITY + "\t\t\t\t\t\t灰浆饱满达标率\t≥95%\n")
    assert found.left == list(rows)
    assert found.right == [*rows[:3], ("质量指标", "灰浆饱满达标率", "≥95%"), *rows[3:]]


def test_a_table_over_two_pages_is_one(form, read, parts, rows):
    lines = parts["table"].splitlines(keepends=True)
    page = parts["name"] + parts["department"] + parts["attribute"] + parts["funding"] + parts["head"]
    found = read(form(table="".join(lines[:4]) + "\n" + page + "".join(lines[4:])))
    assert found.left == found.right == list(rows)
    assert found.flags() == []


def test_bars_are_read_as_tabs_are(form, read, parts, rows):
    text = form()
    bars = "\n".join(
        f"| {' | '.join(line.split(chr(9)))} |" if "\t" in line else line for line in text.splitlines()
    )
    found = read(bars)
    assert found.record["data"] == read(text).record["data"]
    assert found.flags() == []
