"""How review goes: throughput, time, catch rate, agreement, needless flags."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from structurer.review.quality.findings import catch_up
from structurer.review.quality.telling import ALL, agreement, catch_rates, needless, paces
from structurer.review.web.access import Curator, Reviewer, StoreOf
from structurer.review.web.templating import page
from structurer.review.words import group_in_words, reason_in_words
from structurer.store.packing import from_json
from structurer.store.review.figures import Figures

if TYPE_CHECKING:
    from structurer.store.review.figures import Known

router = APIRouter()

_NOTED_AT_ONCE = 50
"""Turns whose figures were not noted when they ended, and are for one look at this page."""

_DIFFERENCES = 50
_DAY = 86_400_000

Days = Annotated[int, Query(ge=1, le=366, description="How many days of throughput are shown.")]


@router.get("/statistics")
def statistics(request: Request, person: Curator, store: StoreOf, days: Days = 14) -> HTMLResponse:
    """Show how review goes, of everybody."""
    unnoted = catch_up(store, _NOTED_AT_ONCE)
    figures = Figures(store)
    return page(
        request,
        "statistics.html.jinja",
        person,
        whose="everybody",
        tasks=_tasks(figures),
        needless=needless(figures.flags()),
        agreement=agreement(figures.second_readings()),
        disagreements=[
            each._asdict() | {"one": _words(each.one), "two": _words(each.two)}
            for each in figures.disagreements(_DIFFERENCES)
        ],
        unnoted=unnoted,
        **_of_people(figures, days),
    )


@router.get("/statistics/mine")
def mine(request: Request, person: Reviewer, store: StoreOf, days: Days = 14) -> HTMLResponse:
    """Show how review goes, of whoever asks alone."""
    figures = Figures(store)
    return page(
        request, "statistics.html.jinja", person, whose="mine", **_of_people(figures, days, person.id)
    )


@router.get("/statistics/doubts.jsonl")
def doubts(_person: Curator, store: StoreOf) -> StreamingResponse:
    """Give every value of which people know whether it was read right, for calibration.

    One JSON object a line: ``group``, ``code``, ``kind`` (``doubt``, ``control`` or ``audit``),
    ``confidence``, ``right``. Doubts alone are a biased sample: whoever learns from this must weigh them
    against controls and audited values, which were drawn by chance.
    """
    catch_up(store, _NOTED_AT_ONCE)
    lines = (f"{json.dumps(_known(each))}\n" for each in list(Figures(store).known()))
    return StreamingResponse(
        lines,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="reviewed-doubts.jsonl"'},
    )


def _known(each: Known) -> dict[str, Any]:
    return {
        "group": each.group,
        "code": each.code,
        "kind": each.kind,
        "confidence": each.confidence,
        "right": each.said == "accepted",
    }


def _of_people(figures: Figures, days: int, account: int | None = None) -> dict[str, Any]:
    since = (int(time.time() * 1000) // _DAY - days + 1) * _DAY
    times = figures.times(account)
    throughput = figures.throughput(since, account)
    return {
        "days": days,
        "throughput": [(each, each.day * _DAY) for each in throughput],
        "most": max((each.decisions for each in throughput), default=1),
        "paces": [
            ("Person", paces(times, lambda each: each.name)),
            ("Fields", paces(times, lambda each: each.group)),
        ],
        "catch_rates": catch_rates(figures.checks(account)),
        "all": ALL,
        "in_words": reason_in_words,
        "group_in_words": group_in_words,
    }


def _tasks(figures: Figures) -> list[tuple[str, int, int]]:
    counts = {(round_, state): number for round_, state, number in figures.tasks()}
    rounds = ("first", "second", "audit", "curation")
    return [(each, counts.get((each, "open"), 0), counts.get((each, "done"), 0)) for each in rounds]


def _words(kept: str) -> str:
    value = from_json(kept)
    return "nothing" if value is None else str(value)
