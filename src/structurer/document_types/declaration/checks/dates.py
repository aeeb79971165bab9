"""Checks on time: the fiscal year, the day of submission, the length of a one-off project."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from structurer.checks import extraction, source
from structurer.models import Flag, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.checks import Subject

_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_REACH = timedelta(days=366)


def date_impossible(subject: Subject) -> Iterator[Flag]:
    """Flag a day of submission that does not exist, and a year that is no fiscal year."""
    submitted, year = subject.data["submitted_at"], subject.data["fiscal_year"]
    if submitted is not None and _moment(submitted) is None:
        message = f"there is no such moment as {submitted}"
        yield extraction("submitted_at", "date_impossible", message, Severity.ERROR)
    if year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR:
        yield extraction("fiscal_year", "date_impossible", f"{year} is no fiscal year", Severity.ERROR)


def date_out_of_fiscal_year(subject: Subject) -> Iterator[Flag]:
    """Flag a submission more than about a year before or after the fiscal year."""
    year, moment = subject.data["fiscal_year"], _moment(subject.data["submitted_at"])
    if year is None or moment is None or not _FIRST_YEAR <= year <= _LAST_YEAR:
        return
    if not datetime(year, 1, 1) - _REACH <= moment <= datetime(year, 12, 31) + _REACH:
        message = f"submitted on {moment.date()}, more than a year away from fiscal year {year}"
        yield source("submitted_at", "date_out_of_fiscal_year", message)


def one_off_longer_than_a_year(subject: Subject) -> Iterator[Flag]:
    """Flag a one-off project (一次性项目) whose period is not one year."""
    years = subject.data["duration_years"]
    if subject.data["project_attribute"] == "一次性项目" and years not in (None, 1):
        message = f"a one-off project (一次性项目) with a period of {years} years"
        yield source("duration_years", "one_off_longer_than_a_year", message)


def _moment(submitted: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(submitted) if submitted is not None else None
    except ValueError:
        return None
