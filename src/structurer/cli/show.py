"""``structurer show``: how one filing was cut and read, for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from structurer.cli.console import errors_in_one_line, out, safe
from structurer.cli.options import Encoding, EncodingErrors
from structurer.cli.places import how_printed, line_range
from structurer.errors import PlanError
from structurer.exports.values import doubtful_paths, value_paths
from structurer.models import Flag, FlagKind
from structurer.paths import value_at
from structurer.pipeline import structure_document
from structurer.runs.results import summarise_residue
from structurer.settings import load_settings
from structurer.sources import read_file

if TYPE_CHECKING:
    from rich.console import RenderableType

    from structurer.models import Record
    from structurer.pipeline import Structured

_SCOPES = {"implementation_period": "实施期 (implementation period)", "annual": "年度 (annual)"}
_INDICATOR_KEYS = ("level2", "name", "target")
_DOUBTFUL = "?"
_FIELD_WIDTH = 32


def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filing.")],
    project: Annotated[
        int | None, typer.Option(help="Show this project only, counted from 1.", min=1)
    ] = None,
    encoding: Encoding = None,
    encoding_errors: EncodingErrors = None,
) -> None:
    """Show how a filing was cut into projects and what was read in each, with the place of every value.

    Values that are doubtful are marked with ?, and the flags below the values say why.

    \b
    Examples:
      structurer show filings/2023-water-bureau.txt
      structurer show filings/2023-water-bureau.txt --project 3
    """
    with errors_in_one_line():
        settings = load_settings(encoding=encoding, encoding_errors=encoding_errors).uncalibrated()
        document = read_file(file, settings)
        structured = structure_document(document, settings=settings)
        records = _chosen(structured, project)
    console = out()
    for part in (_document(structured), _projects(structured), _residue(structured)):
        console.print(part)
    for record in records:
        console.print(_record(record))


def _chosen(structured: Structured, project: int | None) -> tuple[Record, ...]:
    records = tuple(
        record for record in structured.records if project is None or record.chunk.ordinal == project
    )
    if project is not None and not records:
        raise PlanError(f"--project {project}: the filing has {len(structured.records)} projects")
    return records


def _document(structured: Structured) -> RenderableType:
    document = structured.document
    pages, lines = len(document.pages), len(document.line_starts)
    return safe(
        f"{document.name} ({document.encoding})\n"
        f"pages: {pages}, lines: {lines}, projects: {len(structured.records)}\n"
    )


def _projects(structured: Structured) -> RenderableType:
    table = _table("project", "lines", "name", "status", "to review", "odd")
    for record in structured.records:
        name = (record.data or {}).get("project_name")
        counts = [sum(flag.kind is kind for flag in record.flags) for kind in FlagKind]
        table.add_row(
            str(record.chunk.ordinal),
            line_range(structured.document, record.chunk.start, record.chunk.end),
            safe(name or "not read"),
            str(record.status),
            *map(str, counts),
        )
    return table


def _residue(structured: Structured) -> RenderableType:
    if not structured.residue:
        return safe("\nNo text that belongs to nothing.")
    table = _table("lines", "text that belongs to nothing")
    for residue in structured.residue:
        summary = summarise_residue(residue, structured.document)
        table.add_row(f"{summary.first_line}-{summary.last_line}", safe(summary.excerpt))
    return Group(Text(), table)


def _record(record: Record) -> RenderableType:
    title = safe(f"\nProject {record.chunk.ordinal}: {record.status}", style="bold")
    if record.data is None:
        return Group(title, safe("Nothing could be read."), _flags(record))
    doubtful = frozenset(doubtful_paths(record.as_dict()))
    halves = [_indicators(record, doubtful, scope, heading) for scope, heading in _SCOPES.items()]
    return Group(title, _fields(record, doubtful), *halves, _flags(record))


def _fields(record: Record, doubtful: frozenset[str]) -> RenderableType:
    table = _table("field", "lines", "value, and what is printed there if it differs")
    table.columns[0].width = _FIELD_WIDTH
    for path in value_paths(record.data):
        if path.startswith("indicators."):
            continue
        value = str(value_at(record.data, path))
        evidence = record.evidence.get(path)
        differs = "" if evidence is None else how_printed(record.document, evidence, value)
        table.add_row(
            f"{path}{_DOUBTFUL if path in doubtful else ''}",
            _lines(record, path),
            safe(f"{value}\n  {differs}" if differs else value),
        )
    return table


def _indicators(record: Record, doubtful: frozenset[str], scope: str, heading: str) -> RenderableType:
    table = _table("row", "second level", "name", "target", "lines")
    for number, indicator in enumerate((record.data or {})["indicators"]):
        if indicator["scope"] != scope:
            continue
        row = f"indicators.{number}"
        cells = [
            safe(f"{indicator[key] or ''}{_DOUBTFUL if f'{row}.{key}' in doubtful else ''}")
            for key in _INDICATOR_KEYS
        ]
        lines = dict.fromkeys(_lines(record, f"{row}.{key}") for key in ("name", "target"))
        table.add_row(str(number), *cells, " ".join(filter(None, lines)))
    return Group(safe(f"\n{heading}, {table.row_count} indicators"), table)


def _flags(record: Record) -> RenderableType:
    if not record.flags:
        return safe("\nNo flags.")
    table = _table("flag", "at", "what")
    for flag in record.flags:
        table.add_row(_kind(flag), safe(flag.path or "the project"), safe(flag.message))
    return Group(Text(), table)


def _kind(flag: Flag) -> str:
    whom = "to review" if flag.kind is FlagKind.EXTRACTION else "odd in the filing"
    return f"{flag.severity}, {whom}"


def _lines(record: Record, path: str) -> str:
    evidence = record.evidence.get(path)
    if evidence is None or not evidence.spans:
        return ""
    spans = evidence.spans
    return line_range(record.document, min(span.start for span in spans), max(span.end for span in spans))


def _table(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table
