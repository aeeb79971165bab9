"""Pages from templates: everything that is put into them is escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from structurer.review.web.access import csrf_of

if TYPE_CHECKING:
    from fastapi import Request

    from structurer.store.review.accounts import Person

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    request: Request, template: str, person: Person | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """Return a page, or the part of one, for a person."""
    shared = {"person": person, "csrf": csrf_of(request), "path": request.url.path}
    html = _TEMPLATES.get_template(template).render(**shared, **values)
    return HTMLResponse(html, status)


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")


_TEMPLATES.filters["moment"] = _moment
_TEMPLATES.filters["thousands"] = lambda number: f"{number:,}"
