"""Checks on the long texts: cut off in mid-sentence, or speaking of other money than the form asks for."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from structurer.checks import extraction, quoted, source
from structurer.document_types.declaration.checks.funding import amount
from structurer.document_types.declaration.model import FundingHalf, Scope
from structurer.models import Flag, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.checks import Subject

_FIELDS = ("overview", "basis", "necessity", "safeguards", "implementation_plan")
_BRACKETS = {"（": "）", "《": "》", "【": "】", "“": "”", "「": "」"}
_OPENED_BY = {closing: opening for opening, closing in _BRACKETS.items()}
_MARKS = re.compile(r"[（）《》【】“”「」()\[\]]")
_FULL_WIDTH = str.maketrans("()[]", "（）【】")
_UNFINISHED = re.compile(
    r"(?:[、，,：:（(“《]|以及|或者|并且|和|与|及|或|的|对|为|将|把|在|由|从|按|按照|根据|通过)$"
)
_LONGEST_ENDING = 2
_SHORTEST_CUT = 10

_SPOKEN_AMOUNT = re.compile(r"(?:申请|申报|预算|安排)[^。；;，,、：:\d]{0,12}?(\d+(?:\.\d+)?)(万|亿|)元")
_CLAUSE_START = re.compile(r"[。；;\n]")
_YEAR = re.compile(r"(?:19|20)\d\d(?=年)")
_SCALES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}


def text_cut_off(subject: Subject) -> Iterator[Flag]:
    """Flag a text that stops in the middle: a bracket left open, a last word that ends nothing.

    Goals are printed twice, and the narrower cell cuts its copy off. That the form cuts at its
    cell's edge is the filing's doing; where unclaimed text follows at once, we cut it.
    """
    for path, text in _texts(subject):
        reason = _cut(text)
        if reason is not None:
            yield _cut_flag(subject, path, reason)
    goals = subject.data["goals"]
    for scope, other in pairwise((Scope.IMPLEMENTATION_PERIOD, Scope.ANNUAL, Scope.IMPLEMENTATION_PERIOD)):
        text, whole = goals[scope], goals[other]
        if text and whole and _SHORTEST_CUT <= len(text) < len(whole) and whole.startswith(text):
            yield _cut_flag(subject, f"goals.{scope}", "it stops where the other half's goal goes on")


def goals_contradict_funding(subject: Subject) -> Iterator[Flag]:
    """Flag a goal that says an amount is applied or budgeted for which is none of the form's amounts.

    Compared to the last digit spoken; amounts of another year than the fiscal year are left alone.
    """
    amounts = [
        value
        for scope in Scope
        for name in FundingHalf.model_fields
        if (value := amount(subject, scope, name)) is not None
    ]
    if not amounts:
        return
    for scope in Scope:
        text = subject.data["goals"][scope] or ""
        for match in _SPOKEN_AMOUNT.finditer(text):
            if _of_another_year(text[: match.start()], subject.data["fiscal_year"]):
                continue
            scale = _SCALES[match[2]]
            spoken, unit = Decimal(match[1]) * scale, scale / 10 ** len(match[1].partition(".")[2])
            if all(abs(value - spoken) >= unit for value in amounts):
                message = f"the goal speaks of {quoted(match[0])}, which is none of the form's amounts"
                yield source(f"goals.{scope}", "goals_contradict_funding", message)


def _texts(subject: Subject) -> Iterator[tuple[str, str]]:
    yield from ((path, subject.data[path]) for path in _FIELDS if subject.data[path])
    yield from ((f"goals.{scope}", text) for scope, text in subject.data["goals"].items() if text)


def _cut(text: str) -> str | None:
    """Return why a text seems cut off, None when it does not."""
    end = text.rstrip()[-_LONGEST_ENDING:]
    if end.endswith(("。", "！", "？", "!", "?")):
        return None
    opened: list[str] = []
    for mark in "".join(_MARKS.findall(text)).translate(_FULL_WIDTH):
        if mark in _BRACKETS:
            opened.append(mark)
        elif _OPENED_BY.get(mark) in opened:
            while opened.pop() != _OPENED_BY[mark]:
                pass
    if opened:
        return f"{opened[-1]} is never closed"
    unfinished = _UNFINISHED.search(end)
    return f"it ends with {quoted(unfinished[0])}" if unfinished else None


def _cut_flag(subject: Subject, path: str, reason: str) -> Flag:
    found = subject.found(path)
    if found is not None and found.spans:
        end = max(span.end for span in found.spans)
        following = next((segment for segment in subject.segments if segment.start >= end), None)
        if following is not None and following in subject.unclaimed:
            message = (
                f"the text seems cut off ({reason}); {quoted(following.text)} follows and belongs to nothing"
            )
            return extraction(path, "text_cut_off", message)
    return source(path, "text_cut_off", f"the form seems to cut this text off: {reason}", Severity.INFO)


def _of_another_year(before: str, fiscal_year: int | None) -> bool:
    clause = _CLAUSE_START.split(before)[-1]
    years = _YEAR.findall(clause)
    return bool(years) and fiscal_year is not None and int(years[-1]) != fiscal_year
