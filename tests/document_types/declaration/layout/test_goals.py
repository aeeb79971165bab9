from __future__ import annotations

LEFT = "三年内对全县二十四座古桥逐座勘察、逐座修补，恢复石拱桥面通行能力，保障过桥行人出行安全。"
RIGHT = "2031年对全县八座古桥逐座勘察、逐座修补，恢复石拱桥面通行能力，保障过桥行人出行安全。"


def goals(found):
    return found["goals.implementation_period"], found["goals.annual"]


def test_cells_are_told_apart_by_their_column(form, read):
    found = read(form(goals=f"\t\t实施期目标\t\t\t\t年度目标\n总体目标\t\t{LEFT}\t\t\t\t{RIGHT}\n"))
    assert goals(found) == (LEFT, RIGHT)
    assert found.flags() == []


def test_an_empty_cell_leaves_its_half_null(form, read):
    head = "\t\t实施期目标\t\t\t\t年度目标\n"
    only_left = read(form(goals=f"{head}总体目标\t\t{LEFT}\t\t\t\t\n"))
    assert goals(only_left) == (LEFT, None)
    only_right = read(form(goals=f"{head}总体目标\t\t\t\t\t\t{RIGHT}\n"))
    assert goals(only_right) == (None, RIGHT)


def test_a_cell_broken_over_lines_is_joined(form, read):
    head = "\t\t实施期目标\t\t\t\t年度目标\n"
    found = read(form(goals=f"{head}总体目标\t\t{LEFT[:20]}\n{LEFT[20:]}\t\t\t\t{RIGHT}\n"))
    assert goals(found) == (LEFT, RIGHT) or (
        found.doubted("goals.implementation_period") and found.doubted("goals.annual")
    )


def test_two_texts_after_each_other_without_columns(form, read):
    found = read(
        form(goals=f"实施期目标 年度目标\n总体目标\n{LEFT[:22]}\n{LEFT[22:]}\n{RIGHT[:22]}\n{RIGHT[22:]}\n")
    )
    assert goals(found) == (LEFT, RIGHT)
    assert not found.doubted("goals.annual")


def test_two_texts_on_one_line(form, read):
    found = read(form(goals=f"实施期目标 年度目标\n总体目标 {LEFT} {RIGHT}\n"))
    assert goals(found) == (LEFT, RIGHT)


def test_two_texts_side_by_side_line_by_line(form, read):
    lines = [f"{LEFT[at : at + 15]} {RIGHT[at : at + 15]}" for at in (0, 15, 30)]
    found = read(form(goals="实施期目标 年度目标\n总体目标\n" + "\n".join(lines) + "\n"))
    assert goals(found) == (LEFT, RIGHT)


def test_a_cut_that_nothing_tells_is_doubted_in_both_halves(form, read):
    found = read(form(goals="实施期目标 年度目标\n总体目标\n修补古桥若干\n巡检桥面若干\n加固栏杆若干\n"))
    assert found.doubted("goals.implementation_period")
    assert found.doubted("goals.annual")


def test_a_form_of_one_year_has_the_annual_goal_only(form, read):
    found = read(form(goals=f"年度目标\t{RIGHT}\n"))
    assert goals(found) == (None, RIGHT)
    named = read(form(goals=f"年度总体目标\t{RIGHT}\n"))
    assert goals(named) == (None, RIGHT)


def test_a_goal_that_says_it_is_the_years_below_the_general_label(form, read):
    found = read(form(goals=f"总体目标\t年度目标\n\t{RIGHT}\n"))
    assert goals(found) == (None, RIGHT)


def test_stacked_goals_keep_their_halves(form, read):
    found = read(form(goals=f"实施期目标\t{LEFT}\n年度目标\t{RIGHT}\n"))
    assert goals(found) == (LEFT, RIGHT)


def test_empty_goals_are_null(form, read):
    assert goals(read(form(goals="实施期目标\t\t年度目标\n总体目标\t\t\t\t\n"))) == (None, None)
