from __future__ import annotations

import pytest

from structurer.evaluation.audit.excerpts import excerpt, with_excerpts
from structurer.evaluation.audit.plan import AuditError


def test_a_value_is_marked_in_its_line():
    text = "甲\t12\n乙\t34\n"
    assert excerpt(text, [(2, 4)]) == "甲 | ⟦12⟧ / 乙 | 34 /"


def test_pieces_keep_their_order_and_what_is_far_apart_is_left_out():
    text = "头" * 100 + "前半" + "中" * 10 + "后半" + "尾" * 100
    assert excerpt(text, [(112, 114), (100, 102)]) == (
        "…" + "头" * 60 + "⟦前半⟧" + "中" * 10 + "⟦后半⟧" + "尾" * 60 + "…"
    )
    far = "前半" + "中" * 300 + "后半"
    assert excerpt(far, [(0, 2), (302, 304)]) == "⟦前半⟧" + "中" * 60 + "…" + "中" * 60 + "⟦后半⟧"


def test_a_filing_that_prints_the_marks_points_nowhere_else():
    assert excerpt("⟦坏⟧好", [(3, 4)]) == "[坏]⟦好⟧"


def test_each_value_is_shown_where_it_stands(plan, folders):
    items = with_excerpts(plan(size=60), folders[1]).items
    for item in items:
        marked = item.excerpt.partition("⟦")[2].partition("⟧")[0]
        expected = (
            item.value
            if item.path not in {"indicators.0.scope", "indicators.0.level2"}
            else f"护栏{item.ordinal}"
        )
        assert marked == expected
        assert item.line in {2 * item.ordinal - 1, 2 * item.ordinal}


def test_another_file_of_that_name_is_refused(plan, tmp_path):
    (tmp_path / "=a.txt").write_text("项目名称\t别的\n", encoding="utf-8")
    with pytest.raises(AuditError, match="is not the file that was run"):
        with_excerpts(plan(size=6), tmp_path)


def test_a_filing_that_is_not_there_is_named(plan, tmp_path):
    with pytest.raises(AuditError, match=r"=a\.txt: does not exist.*--filings"):
        with_excerpts(plan(size=6), tmp_path)
