"""Checks on single fields: what every form fills in, and telephone numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from structurer.checks import extraction, quoted, source
from structurer.document_types.declaration.model import Scope
from structurer.models import Flag, Grounding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.checks import Subject

_REQUIRED = {
    "project_name": "项目名称",
    "competent_department.name": "主管部门",
    "implementing_unit": "实施单位",
    "project_attribute": "项目属性",
    "duration_years": "项目期",
}
_TOTALS = {Scope.IMPLEMENTATION_PERIOD: "实施期", Scope.ANNUAL: "年度"}
_NUMBERS_APART = re.compile(r"[/、,，;；\s]+")
_SEPARATORS = re.compile(r"[-—–()（）]|转\d+$")
_TELEPHONE = re.compile(r"(?:0\d{2,3})?[2-8]\d{6,7}|(?:\+?86)?1[3-9]\d{9}|[48]00\d{7}")


def required_field_missing(subject: Subject) -> Iterator[Flag]:
    """Flag what every form fills in and this one has not: its head, an indicator's name and level.

    A form that prints one half only is not asked for the other half's total.
    """
    code = "required_field_missing"
    for path, label in _REQUIRED.items():
        if _value(subject, path) is None:
            yield extraction(path, code, f"no {label} was found", Severity.ERROR)
    for scope, label in _TOTALS.items():
        if subject.data["funding"][scope]["total"] is None and _is_printed(subject, scope, label):
            message = f"no {label}资金总额 was found"
            yield extraction(f"funding.{scope}.total", code, message, Severity.ERROR)
    if not subject.data["indicators"]:
        yield extraction("indicators", code, "no indicator (绩效指标) was found", Severity.ERROR)
    for number, indicator in enumerate(subject.data["indicators"]):
        for key, what in (("name", "name (三级指标)"), ("level2", "second level (二级指标)")):
            if indicator[key] is None:
                yield extraction(f"indicators.{number}.{key}", code, f"the indicator has no {what}")


def phone_implausible(subject: Subject) -> Iterator[Flag]:
    """Flag what is no Chinese telephone number.

    Those have 7 or 8 digits, with area code 10 to 12, a mobile 11; 400 and 800 numbers have 10.
    """
    phone = subject.data["phone"]
    if phone is None:
        return
    numbers = [_SEPARATORS.sub("", number) for number in _NUMBERS_APART.split(phone.strip())]
    if all(_TELEPHONE.fullmatch(number) for number in numbers):
        return
    message = f"{quoted(phone)} is no Chinese telephone number"
    found = subject.found("phone")
    if found is not None and found.status is not Grounding.EXACT:
        yield extraction("phone", "phone_implausible", message)
    else:
        yield source("phone", "phone_implausible", message)


def _value(subject: Subject, path: str) -> Any:
    value: Any = subject.data
    for key in path.split("."):
        value = value[key]
    return value


def _is_printed(subject: Subject, scope: str, label: str) -> bool:
    """Return whether the form prints this half: something was read there, or its label is in the text."""
    data = subject.data
    return bool(
        any(data["funding"][scope].values())
        or data["goals"][scope]
        or any(indicator["scope"] == scope for indicator in data["indicators"])
        or label in subject.text[subject.chunk.start : subject.chunk.end]
    )
