"""An invented declaration that nothing is wrong with, and ways to change it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from structurer.checks import Subject, run_checks
from structurer.document_types.declaration.checks import CHECKS
from structurer.document_types.declaration.model import Declaration, Level2
from structurer.models import Chunk, Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROWS = (
    (Level2.QUANTITY, "修剪行道树数量", "≥1200株"),
    (Level2.QUANTITY, "补种灌木面积", "3.5万平方米"),
    (Level2.QUALITY, "苗木成活率", "≥92%"),
    (Level2.TIMELINESS, "浇灌及时性", "及时"),
    (Level2.COST, "每株修剪费用", "≤18.5元/株"),
    (Level2.SOCIAL, "改善街区环境", "明显改善"),
    (Level2.SUSTAINABLE, "养护制度", "健全"),
    (Level2.SATISFACTION, "沿街商户满意度", "≥90%"),
)


def indicators(rows: tuple[tuple[str, str | None, str | None], ...], scope: str) -> list[dict[str, Any]]:
    return [
        {
            "scope": scope,
            "level1": Level2(level2).level1.value if level2 else None,
            "level2": str(level2) if level2 else None,
            "name": name,
            "target": target,
        }
        for level2, name, target in rows
    ]


def declaration(
    changes: Mapping[str, Any] | None = None,
    left: tuple[Any, ...] = ROWS,
    right: tuple[Any, ...] | None = None,
) -> dict[str, Any]:
    money = {"total": "3000000", "central": None, "provincial": "1000000", "municipal_county": "2000000"}
    year = {"total": "1000000", "central": None, "provincial": "250000.5", "municipal_county": "749999.5"}
    half = {"self_raised": "0", "other": None}
    data = Declaration().model_dump() | {
        "form_title": "云岭市市级部门项目支出绩效目标申报表",
        "fiscal_year": 2031,
        "project_name": "行道树养护",
        "competent_department": {"code": "077", "name": "云岭市园林局"},
        "implementing_unit": "云岭市绿化队",
        "project_attribute": "经常性项目",
        "duration_years": 3,
        "funding": {"implementation_period": money | half, "annual": year | half},
        "overview": "养护全市行道树（含新区）。",
        "goals": {"implementation_period": "三年内完成养护。", "annual": "2031年完成当年养护。"},
        "indicators": indicators(left, "implementation_period")
        + indicators(left if right is None else right, "annual"),
        "handler": "赵小满",
        "phone": "0877-5551234",
        "submitted_at": "2031-01-15T10:20:30",
    }
    for path, value in (changes or {}).items():
        *parents, key = path.split(".")
        place: Any = data
        for parent in parents:
            place = place[int(parent) if isinstance(place, list) else parent]
        place[int(key) if isinstance(place, list) else key] = value
    return copy.deepcopy(data)


@pytest.fixture(scope="session")
def form() -> Callable[..., dict[str, Any]]:
    """Make an invented declaration: changes by dotted path, rows of the left and the right half."""
    return declaration


@pytest.fixture(scope="session")
def check() -> Callable[..., list[Flag]]:
    """Run all checks on a declaration, as if nothing was grounded; keep the flags of some codes."""

    def run(data: dict[str, Any], *codes: str, **parts: Any) -> list[Flag]:
        subject = Subject(data, **({"evidence": None, "text": "", "chunk": Chunk(0, 0, 0, ())} | parts))
        return [flag for flag in run_checks(subject, CHECKS) if not codes or flag.code in codes]

    return run


@pytest.fixture(scope="session")
def rows() -> tuple[tuple[Level2, str, str], ...]:
    """The invented declaration's rows: second level, name, target."""
    return ROWS
