"""The form as a grid of cells that know what they print, before any layout family prints it.

Damage works on this grid, so it knows what it did; a printer turns it into text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from structurer.document_types.declaration.model import Level1, Level2, Scope
from structurer.synthesis.content import FORM_LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.document_types.declaration.model import Declaration, FundingHalf


class Kind(StrEnum):
    """What a row of the sheet is."""

    TITLE = "title"
    YEAR = "year"
    HEAD = "head"
    FUNDING = "funding"
    TEXT = "text"
    GOALS_HEAD = "goals head"
    GOALS = "goals"
    TABLE_HEAD = "table head"
    INDICATOR = "indicator"
    PEOPLE = "people"
    GAP = "gap"
    """A blank line: between tables, or where a page ends."""
    RULE = "rule"
    """Dashes that a converter drew below a table."""


class Slot(StrEnum):
    """A column of the indicator table."""

    TABLE = "table"
    LEVEL1 = "level1"
    LEFT_LEVEL2 = "left level2"
    LEFT_NAME = "left name"
    LEFT_TARGET = "left target"
    RIGHT_LEVEL2 = "right level2"
    RIGHT_NAME = "right name"
    RIGHT_TARGET = "right target"
    OTHER = "other"
    """Any cell outside the indicator table."""


LEFT = (Slot.LEFT_LEVEL2, Slot.LEFT_NAME, Slot.LEFT_TARGET)
RIGHT = (Slot.RIGHT_LEVEL2, Slot.RIGHT_NAME, Slot.RIGHT_TARGET)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a cell. ``path`` is the value it prints; ``None`` for labels and punctuation.

    ``markup`` is what a converter put there; it is nothing that a scanner could misread.
    """

    text: str
    path: str | None = None
    markup: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the form: its pieces in print order (none for an empty cell), and its column."""

    pieces: tuple[Piece, ...] = ()
    slot: Slot = Slot.OTHER

    @property
    def text(self) -> str:
        """What the cell prints."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the form."""

    kind: Kind
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One declaration's form: its truth, its rows, and the paths that damage has made doubtful.

    ``printed`` are the values that the undamaged form prints; of those that have no cell any more
    nothing is left to read. ``columns_kept`` says whether the print keeps a cell's column.
    """

    truth: Declaration
    rows: tuple[Row, ...]
    columns_kept: bool
    printed: frozenset[str] = frozenset()
    doubts: frozenset[str] = field(default=frozenset())

    def with_rows(self, rows: tuple[Row, ...], doubts: frozenset[str] = frozenset()) -> Sheet:
        """Return the sheet with other rows and more doubts."""
        return replace(self, rows=rows, doubts=self.doubts | doubts)


@dataclass(frozen=True, slots=True)
class Wording:
    """How one print of the form words its labels."""

    colon: str = "："
    brackets: tuple[str, str] = ("（", "）")
    funding: str = "项目资金（元）"
    period: str = "项目期"
    satisfaction: tuple[str, str] = ("服务对象满意度指标", "服务对象满意度指标")
    table: str = "绩效指标"
    markup: bool = False
    """Whether long texts stand in ``<p>`` and powers in ``<sup>``."""


_ATTRIBUTE_NOTES = {"经常性项目": "长期开展", "一次性项目": "1年结束", "延续性项目": "阶段开展"}
_TEXTS = (
    ("项目概况", "overview"),
    ("立项依据", "basis"),
    ("项目设立必要性", "necessity"),
    ("保证项目实施的制度、措施", "safeguards"),
    ("项目实施计划", "implementation_plan"),
)
_PEOPLE = (
    ("负责人", "responsible_person"),
    ("经办人", "handler"),
    ("联系电话", "phone"),
    ("填报日期", "submitted_at"),
)


def build_sheet(truth: Declaration, wording: Wording, *, title: str | None, columns_kept: bool) -> Sheet:
    """Return the undamaged form of a declaration, on one endless page.

    ``title`` is the mark before the form's own title (``""``, ``"# "``); ``None`` where the form
    prints neither title nor year itself.
    """
    rows = (
        *(_title_rows(truth, wording, title) if title is not None else ()),
        *_head_rows(truth, wording),
        *_funding_rows(truth, wording),
        *_text_rows(truth, wording),
        *_goal_rows(truth, wording),
        *_indicator_rows(truth, wording),
        _people_row(truth, wording),
    )
    return Sheet(truth, rows, columns_kept, printed=frozenset(paths_of(rows)))


def paths_of(rows: tuple[Row, ...]) -> Iterator[str]:
    """Yield the path of every value that the rows print, as often as they print it."""
    for row in rows:
        for cell in row.cells:
            for path, _ in groupby(piece.path for piece in cell.pieces if piece.path is not None):
                yield path


def label(text: str, slot: Slot = Slot.OTHER) -> Cell:
    """Return a cell that prints a label of the form."""
    return Cell((Piece(text),) if text else (), slot)


def value(text: str | None, path: str, slot: Slot = Slot.OTHER) -> Cell:
    """Return a cell that prints a value; an empty one for ``None``."""
    return Cell((Piece(text, path),) if text else (), slot)


def money(amount: str | None) -> str | None:
    """Return an amount as the form prints it, in groups of three."""
    if amount is None:
        return None
    whole, point, fraction = amount.partition(".")
    return f"{int(whole):,}{point}{fraction}"


def _title_rows(truth: Declaration, wording: Wording, mark: str) -> tuple[Row, ...]:
    opening, closing = wording.brackets
    title = Cell((Piece(mark, markup=True), Piece(truth.form_title or "", "form_title")))
    year = Cell((Piece(opening), Piece(str(truth.fiscal_year), "fiscal_year"), Piece(f"年度{closing}")))
    return Row(Kind.TITLE, (title,)), Row(Kind.YEAR, (year,))


def _head_rows(truth: Declaration, wording: Wording) -> tuple[Row, ...]:
    opening, closing = wording.brackets
    department = Cell(
        (
            Piece(truth.competent_department.code or "", "competent_department.code"),
            Piece("-"),
            Piece(truth.competent_department.name or "", "competent_department.name"),
        )
    )
    note = _ATTRIBUTE_NOTES.get(truth.project_attribute or "", "")
    attribute = Cell(
        (Piece(truth.project_attribute or "", "project_attribute"), Piece(f"{opening}{note}{closing}"))
    )
    unit = value(truth.implementing_unit, "implementing_unit")
    duration = value(f"{truth.duration_years}年", "duration_years")
    return (
        Row(Kind.HEAD, (label("项目名称"), value(truth.project_name, "project_name"))),
        Row(Kind.HEAD, (label("主管部门及代码"), department, label("实施单位"), unit)),
        Row(Kind.HEAD, (label("项目属性"), attribute, label(wording.period), duration)),
    )


def _funding_rows(truth: Declaration, wording: Wording) -> tuple[Row, ...]:
    opening, closing = wording.brackets
    colon = wording.colon
    lines = (
        ("total", f"实施期资金总额{colon}", f"年度资金总额{colon}"),
        ("central", f"其中{colon}中央财政资金", f"其中{colon}中央财政资金"),
        ("provincial", "省级财政资金", "省级财政资金"),
        ("municipal_county", f"市县{opening}区{closing}财政资金", f"市县{opening}区{closing}财政资金"),
        ("self_raised", "单位自筹", "单位自筹"),
        ("other", "其他资金", "其他资金"),
    )

    def amount(half: FundingHalf, scope: Scope, key: str) -> Cell:
        return value(money(getattr(half, key)), f"funding.{scope}.{key}")

    return tuple(
        Row(
            Kind.FUNDING,
            (
                label(wording.funding if key == "total" else ""),
                label(left),
                amount(truth.funding.implementation_period, Scope.IMPLEMENTATION_PERIOD, key),
                label(right),
                amount(truth.funding.annual, Scope.ANNUAL, key),
            ),
        )
        for key, left, right in lines
    )


def _text_rows(truth: Declaration, wording: Wording) -> tuple[Row, ...]:
    return tuple(
        Row(Kind.TEXT, (label(name), _long_text(getattr(truth, path), path, wording)))
        for name, path in _TEXTS
    )


def _goal_rows(truth: Declaration, wording: Wording) -> tuple[Row, ...]:
    left = _long_text(truth.goals.implementation_period, "goals.implementation_period", wording)
    right = _long_text(truth.goals.annual, "goals.annual", wording)
    return (
        Row(Kind.GOALS_HEAD, (label("实施期目标"), label("年度目标"))),
        Row(Kind.GOALS, (label("总体目标"), left, right)),
    )


def _long_text(text: str | None, path: str, wording: Wording) -> Cell:
    if text is None or not wording.markup:
        return value(text, path)
    before, power, after = text.partition("m3")
    pieces = [Piece("<p>", markup=True), Piece(before + ("m" if power else ""), path)]
    if power:
        pieces += [Piece(" <sup>", markup=True), Piece("3", path), Piece("</sup>", markup=True)]
        pieces += [Piece(after, path)] if after else []
    return Cell((*pieces, Piece("</p>", markup=True)))


def _indicator_rows(truth: Declaration, wording: Wording) -> tuple[Row, ...]:
    head = Row(
        Kind.TABLE_HEAD,
        (
            label(wording.table, Slot.TABLE),
            label("一级指标", Slot.LEVEL1),
            *(label(text, slot) for text, slot in zip(("二级指标", "三级指标", "指标值"), LEFT, strict=True)),
            *(
                label(text, slot)
                for text, slot in zip(("二级指标", "三级指标", "指标值"), RIGHT, strict=True)
            ),
        ),
    )
    rows = [head]
    printed: Level1 | None = None
    for level2 in FORM_LEVELS:
        for first, cells in _group_rows(truth, level2, wording):
            level1 = level2.level1.value if first and level2.level1 is not printed else ""
            printed = level2.level1
            rows.append(Row(Kind.INDICATOR, (label("", Slot.TABLE), label(level1, Slot.LEVEL1), *cells)))
    return tuple(rows)


def _group_rows(
    truth: Declaration, level2: Level2, wording: Wording
) -> Iterator[tuple[bool, tuple[Cell, ...]]]:
    """Yield the rows of one second-level group: both halves side by side; one row if it is empty."""
    halves = [
        [n for n, row in enumerate(truth.indicators) if row.scope == scope and row.level2 == level2]
        for scope in (Scope.IMPLEMENTATION_PERIOD, Scope.ANNUAL)
    ]
    names = wording.satisfaction if level2 is Level2.SATISFACTION else (level2.value, level2.value)
    rows = list(zip_longest(*halves)) or [(None, None)]
    for count, (left, right) in enumerate(rows):
        first = count == 0
        yield (
            first,
            (
                *_half_row(truth, left, names[0] if first else "", LEFT),
                *_half_row(truth, right, names[1] if first else "", RIGHT),
            ),
        )


def _half_row(
    truth: Declaration, position: int | None, level2: str, slots: tuple[Slot, Slot, Slot]
) -> tuple[Cell, ...]:
    if position is None:
        return label(level2, slots[0]), label("", slots[1]), label("", slots[2])
    row = truth.indicators[position]
    return (
        label(level2, slots[0]),
        value(row.name, f"indicators.{position}.name", slots[1]),
        value(row.target, f"indicators.{position}.target", slots[2]),
    )


def _people_row(truth: Declaration, wording: Wording) -> Row:
    cells: list[Cell] = []
    for name, path in _PEOPLE:
        text = getattr(truth, path)
        if path == "submitted_at" and text is not None:
            text = "".join(character for character in text if character.isdigit())
        cells += [label(f"{name}{wording.colon}"), value(text, path)]
    return Row(Kind.PEOPLE, tuple(cells))
