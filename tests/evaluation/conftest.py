"""Invented labels, and records made from them."""

from __future__ import annotations

import copy

import pytest

from structurer.document_types.declaration.model import Declaration
from structurer.evaluation.gold import GoldLabel
from structurer.models import Chunk, Document, Flag, FlagKind, Provenance, Record, Severity, Status

FORM = {
    "form_title": "云溪县项目支出绩效目标申报表",
    "fiscal_year": 2023,
    "project_name": "河堤加固工程",
    "competent_department": {"code": "071", "name": "云溪县水务局"},
    "implementing_unit": "云溪县水务局",
    "project_attribute": "延续性项目",
    "duration_years": 3,
    "funding": {
        "implementation_period": {"total": "20000000", "central": "0", "municipal_county": "20000000"},
        "annual": {"total": "6000000", "central": "0", "municipal_county": "6000000"},
    },
    "overview": "加固河堤（北岸）。",
    "goals": {"implementation_period": "加固河堤9公里", "annual": "加固河堤3公里"},
    "indicators": [
        {"scope": "implementation_period", "level2": "数量指标", "name": "加固长度", "target": "≥9公里"},
        {"scope": "implementation_period", "level2": "数量指标", "name": "护栏数量", "target": "12处"},
        {"scope": "implementation_period", "level2": "数量指标", "name": "巡查次数", "target": "≥24次/年"},
        {"scope": "implementation_period", "level2": "质量指标", "name": "验收合格率", "target": "95%以上"},
        {"scope": "annual", "level2": "数量指标", "name": "加固长度", "target": "≥3公里"},
        {"scope": "annual", "level2": "质量指标", "name": "验收合格率", "target": "100%"},
    ],
    "handler": "梁甲",
}


def _data(changes):
    form = copy.deepcopy(FORM)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = form
        for key in parents:
            place = place[int(key)] if isinstance(place, list) else place[key]
        place[int(last) if isinstance(place, list) else last] = value
    return Declaration.model_validate(form).model_dump(mode="json")


@pytest.fixture(scope="session")
def data():
    """Make declaration data: the form above, with the values at some dotted paths changed."""
    return lambda **changes: _data({path.replace("__", "."): value for path, value in changes.items()})


@pytest.fixture(scope="session")
def label():
    """Make a label; by default of the form above."""

    def make(values=None, *, rows=(), fields=(), filing="a.txt", ordinal=1):
        return GoldLabel(
            filing, ordinal, _data({}) if values is None else values, frozenset(rows), frozenset(fields)
        )

    return make


@pytest.fixture(scope="session")
def record():
    """Make a record; by default of the form above, without flags. ``flags`` are paths or flags."""

    def make(values=(), *, flags=(), filing="a.txt", ordinal=1):
        document = Document(name=filing, sha256="0" * 64, text="", encoding="utf-8", pages=())
        return Record(
            id="0",
            document_type="performance_target_declaration",
            schema_version="1.0",
            document=document,
            chunk=Chunk(ordinal=ordinal, start=0, end=0, lines=()),
            data=_data({}) if values == () else values,
            evidence={},
            confidence={},
            flags=tuple(flag if isinstance(flag, Flag) else extraction(flag) for flag in flags),
            status=Status.FLAGGED if flags else Status.ACCEPTED,
            provenance=Provenance(engine="layout", structurer="0", config="sha256:0"),
        )

    return make


def extraction(path):
    return Flag(path, "doubt", FlagKind.EXTRACTION, Severity.WARNING, "two readings")


@pytest.fixture(scope="session")
def source_flag():
    """Make a flag about the filing itself: it tells nobody that we may have misread."""
    return lambda path: Flag(path, "funding_sum", FlagKind.SOURCE, Severity.WARNING, "does not add up")
