"""What two agreeing readings settle, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from structurer.asking import unasked
from structurer.checks import extraction as doubt
from structurer.document_types.declaration import DECLARATION
from structurer.engines import LayoutEngine
from structurer.examination import examine
from structurer.models import Document, Extraction, Flag, Page
from structurer.pipeline import passages
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from structurer.passage import Passage

SETTLED = "thin_margin"
STAYS = "number_cut"


def passage() -> Passage:
    text = invent_filing(Family.BUREAU, 1, count=1).text
    (found,) = passages(Document("a.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),)))
    return found


def doubted(found: Passage, *flags: Flag, agreed: frozenset[str] = frozenset()) -> Extraction:
    layout = unasked(LayoutEngine().read(found, DECLARATION))
    return replace(layout, doubts=flags, agreed=agreed)


def codes(found: Passage, extraction: Extraction) -> set[tuple[str, str]]:
    return {(flag.path, flag.code) for flag in examine(found, extraction, DECLARATION).flags}


def test_agreement_settles_doubts_of_reading_where_it_is_and_nowhere_else() -> None:
    found = passage()
    flags = (
        doubt("handler", SETTLED, "may be read another way"),
        doubt("phone", SETTLED, "may be read another way"),
        doubt("handler", STAYS, "ends inside a number"),
    )
    left = codes(found, doubted(found, *flags, agreed=frozenset({"handler"})))
    assert left == {("phone", SETTLED), ("handler", STAYS)} | codes(found, doubted(found))
    assert SETTLED in DECLARATION.questions.settled_by_agreement
    assert STAYS not in DECLARATION.questions.settled_by_agreement


def test_without_agreement_no_doubt_is_settled() -> None:
    found = passage()
    flag = doubt("handler", SETTLED, "may be read another way")
    assert ("handler", SETTLED) in codes(found, doubted(found, flag))


def test_what_is_settled_no_longer_lowers_confidence() -> None:
    found = passage()
    flag = doubt("handler", SETTLED, "may be read another way")
    sure, unsure, settled = (
        examine(found, extraction, DECLARATION).confidence["handler"]
        for extraction in (
            doubted(found),
            doubted(found, flag),
            doubted(found, flag, agreed=frozenset({"handler"})),
        )
    )
    assert unsure < settled == sure


def test_no_code_is_settled_that_says_the_print_itself_is_damaged() -> None:
    damage = {"amount_groups", "amount_not_a_number", "not_grounded", "unclaimed_text", "rows_missing", STAYS}
    assert not damage & DECLARATION.questions.settled_by_agreement
