from __future__ import annotations

import pytest

from structurer.document_types.declaration.layout.atoms import atom_lines
from structurer.document_types.declaration.layout.rejoin import rejoin
from structurer.models import Chunk, Document, Page
from structurer.segments import segments


def joined(text):
    document = Document("bridge.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),))
    filled = tuple(n for n, line in enumerate(text.split("\n")) if line.strip())
    lines = atom_lines(document, segments(document, Chunk(1, 0, len(text), filled)))
    return [[(atom.column, atom.text) for atom in line.atoms] for line in rejoin(lines)]


ROW = "\t数量指标\t修补桥墩\t≥8座\n"


def test_a_row_cut_inside_a_cell_is_one_row_again():
    rows = joined(ROW * 3 + "\t数量指标\t加固石\n拱栏杆\t≥640米\n" + ROW)
    assert rows[3] == [(1, "数量指标"), (2, "加固石拱栏杆"), (3, "≥640米")]
    assert len(rows) == 5


def test_a_row_cut_in_three_pieces_is_one_row_again():
    rows = joined(ROW * 3 + "\t数量\n指标\t加固石\n拱栏杆\t≥640米\n" + ROW)
    assert rows[3] == [(1, "数量指标"), (2, "加固石拱栏杆"), (3, "≥640米")]


def test_the_rest_of_a_last_cell_is_joined():
    rows = joined(ROW * 3 + "\t数量指标\t加固栏杆\t不少于六\n百四十米\n" + ROW)
    assert rows[3][-1] == (3, "不少于六百四十米")


def test_two_whole_rows_stay_two():
    assert len(joined(ROW * 6)) == 6
    narrow = "数量指标\t修补桥墩\n"
    assert len(joined(ROW * 3 + narrow * 2)) == 5


def test_a_label_that_opens_a_row_is_never_the_end_of_a_cell():
    rows = joined(ROW * 3 + "\t数量指标\t修补桥墩\n项目概况\t养护全县古桥。\n" + ROW)
    assert rows[4][0] == (0, "项目概况")


@pytest.mark.parametrize("pieces", ["绩\n效\n指\n标", "绩效\n指标", "绩\n\n效\n指\n\n标", "绩 \n效\n 指\n标"])
def test_a_label_set_vertically_is_one_label(pieces):
    assert joined(f"{pieces}\n一级指标 二级指标 三级指标 指标值\n")[0] == [(0, "绩效指标")]


def test_a_label_of_running_text_that_a_line_break_cut_is_whole_again():
    rows = joined("单位自筹 0 项目概\n况 养护全县古桥。\n")
    assert rows[0][-1][1] == "项目概况"
    assert [text for _, text in rows[1]] == ["养护全县古桥。"]


def test_characters_that_make_no_label_stay_apart():
    assert len(joined("古\n桥\n墩\n")) == 3


def test_vertical_and_cut_labels_do_not_change_what_is_read(form, read, parts, rows):
    table = parts["table"].replace("石料抗压合格率\t100%\t质", "石料抗\n压合格率\t100%\t质", 1)
    found = read(form(table=table))
    assert found.left == list(rows)
    assert found.right == list(rows)
    assert found.flags() == []
