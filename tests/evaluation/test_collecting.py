"""One row for each cell: all of them, in a fixed order, with what is needed to look them up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from structurer.evaluation.cells import FIELDS
from structurer.evaluation.collecting import outcomes_of
from structurer.evaluation.mistakes import doubts, mistakes
from structurer.evaluation.outcomes import Place, cell_outcome
from structurer.groups import Group
from structurer.models import Document, Evidence, Grounding, Span

TEXT = "项目名称\t河堤加固工程\n经办人\t梁甲\t联系电话\t5550100\n三级指标\n护栏数量\t12处\n"


@pytest.fixture
def document():
    return Document(name="a.txt", sha256="0" * 64, text=TEXT, encoding="utf-8", pages=())


@pytest.fixture
def placed(record, document):
    """Make a record of the text above, with evidence: path to the text that is cited."""

    def make(values=(), *, cited=(), confidence=(), flags=()):
        spans = {
            path: Span(TEXT.index(text), TEXT.index(text) + len(text)) for path, text in dict(cited).items()
        }
        made = record(values, flags=flags)
        return replace(
            made,
            document=document,
            chunk=replace(made.chunk, end=len(TEXT)),
            evidence={path: Evidence((span,), Grounding.EXACT) for path, span in spans.items()},
            confidence=dict(confidence),
        )

    return make


def by_path(outcomes):
    return {cell.gold_path or f"+{cell.path}": cell for cell in outcomes}


def test_every_cell_of_every_label_comes_once_in_one_order(label, record, data):
    labels = [label(filing="b.txt"), label(ordinal=2), label()]
    rows = data()["indicators"]
    moved = data(indicators=[rows[5], *rows[:5], rows[0]])
    records = [record(ordinal=2), record(moved), record(filing="b.txt")]
    outcomes = outcomes_of(labels, records)
    in_form = [
        *FIELDS,
        *(f"indicators.{n}.{name}" for n in range(6) for name in ("scope", "level2", "name", "target")),
    ]
    first, second, third = ("a.txt", 1), ("a.txt", 2), ("b.txt", 1)
    assert [(cell.declaration, cell.gold_path) for cell in outcomes] == [
        *((first, path) for path in [*in_form, *[""] * 4]),
        *((second, path) for path in in_form),
        *((third, path) for path in in_form),
    ]
    assert outcomes == outcomes_of(labels[::-1], records[::-1])


def test_a_cell_says_where_it_is_and_what_both_sides_have(label, placed, data):
    made = placed(
        data(handler="梁乙", indicators__1__target="21处"),
        cited={"handler": "梁甲", "indicators.1.target": "12处", "project_name": "联系电话"},
        confidence={"handler": 0.75},
        flags=["handler"],
    )
    cells = by_path(outcomes_of([label()], [made]))
    handler = cells["handler"]
    assert (handler.group, handler.gold, handler.read, handler.error) == (
        Group.PEOPLE,
        "梁甲",
        "梁乙",
        "wrong value",
    )
    assert (handler.right, handler.flagged, handler.silent, handler.reasons) == (False, True, False, "doubt")
    assert (handler.confidence, handler.place) == (0.75, Place.RIGHT)
    assert handler.excerpt == "经办人 梁甲 联系电话 5550100"
    target = cells["indicators.1.target"]
    assert (target.path, target.error, target.silent) == ("indicators.1.target", "wrong target", True)
    assert (target.place, target.excerpt) == (Place.RIGHT, "护栏数量 12处")
    name = cells["project_name"]
    assert (name.right, name.place) == (True, Place.WRONG)
    assert (cells["fiscal_year"].gold, cells["phone"].gold, cells["phone"].excerpt) == ("2023", None, "")


def test_without_evidence_the_excerpt_is_where_the_label_says_or_beside_it(label, placed, data):
    cells = by_path(outcomes_of([label()], [placed(data(handler=None))]))
    assert (cells["handler"].error, cells["handler"].place) == ("not read", Place.MISSING)
    assert cells["handler"].excerpt == "经办人 梁甲 联系电话 5550100"
    assert cells["indicators.1.scope"].excerpt == "护栏数量 12处"
    assert cells["overview"].excerpt == ""


def test_a_label_without_a_record_shows_the_filing(label, document):
    cells = by_path(outcomes_of([label()], [], [document]))
    assert {cell.error for cell in cells.values()} == {"not read", "missing row"}
    assert not any(cell.flagged or cell.failed or cell.path for cell in cells.values())
    assert cells["handler"].excerpt == "经办人 梁甲 联系电话 5550100"
    assert by_path(outcomes_of([label()], []))["handler"].excerpt == ""


def test_a_failed_chunk_has_every_cell_wrong_and_flagged(label, placed):
    cells = outcomes_of([label()], [placed(None)])
    assert all(cell.failed and cell.flagged and not cell.right and cell.error for cell in cells)
    assert {cell.place for cell in cells} == {Place.MISSING, Place.UNKNOWN}


def test_what_is_too_many_has_cells_too(label, record, data):
    extra = {"scope": "annual", "level2": "时效指标", "name": "完工时间", "target": None}
    cells = outcomes_of(
        [label()], [record(data(indicators=[*data()["indicators"], extra])), record(ordinal=2)]
    )
    row = [cell for cell in cells if cell.ordinal == 1 and not cell.gold_path]
    assert [(cell.path, cell.error) for cell in row] == [
        (f"indicators.6.{name}", "extra row") for name in ("scope", "level2", "name")
    ]
    surplus = [cell for cell in cells if cell.ordinal == 2]
    assert {cell.error for cell in surplus} == {"extra record", "extra row"}
    assert not any(cell.right or cell.gold_path or cell.gold for cell in surplus)
    assert len(mistakes(cells)) == 1 + 1 + 6


def test_an_empty_record_too_many_still_counts(label, record):
    (cell,) = outcomes_of([label()], [record(None, ordinal=2), record()])[-1:]
    assert (cell.error, cell.path, cell.failed, cell.silent) == ("extra record", "project_name", True, False)


def test_uncertain_cells_have_no_error_and_are_flagged_by_row(label, record, data):
    gold = label(rows=[1], fields=["goals.annual"])
    cells = outcomes_of([gold], [record(data(indicators__1__target="?"), flags=["indicators.1.name"])])
    uncertain = [cell for cell in cells if cell.uncertain]
    assert [(cell.gold_path, cell.flagged) for cell in uncertain] == [
        ("goals.annual", False),
        *((f"indicators.1.{name}", True) for name in ("scope", "level2", "name", "target")),
    ]
    assert not any(cell.error or cell.scored for cell in uncertain)
    assert [(doubt.gold_path, doubt.flagged) for doubt in doubts(cells)] == [
        ("goals.annual", False),
        ("indicators.1", True),
    ]


@pytest.mark.parametrize(
    ("row", "target", "error"),
    [
        (1, "≥9公里", "target of another row"),
        (1, "≥24次/年", "target of another row"),
        (1, "95%以上", "wrong target"),
        (0, "≥24次/年", "wrong target"),
        (2, "≥9公里", "wrong target"),
        (3, "≥3公里", "wrong target"),
        (1, None, "wrong target"),
        (1, "12处", ""),
    ],
)
def test_a_target_from_the_row_before_or_after_is_told_apart(label, record, data, row, target, error):
    cells = by_path(outcomes_of([label()], [record(data(**{f"indicators__{row}__target": target}))]))
    assert cells[f"indicators.{row}.target"].error == error


def test_outcomes_are_the_same_after_they_were_written(label, placed, data):
    cells = outcomes_of([label(rows=[2])], [placed(data(handler="梁乙"), confidence={"handler": 0.5})])
    assert tuple(cell_outcome(json.loads(json.dumps(cell.as_dict()))) for cell in cells) == cells
