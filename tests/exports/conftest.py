from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def record() -> dict[str, Any]:
    """Return a written record with invented content, as hostile as a filing can be."""
    half = {
        "total": "1200000",
        "central": None,
        "provincial": "0",
        "municipal_county": "1200000",
        "self_raised": None,
    }
    measure = {"operator": "between", "value": ["10", "50"], "unit": "万元", "per": None}
    row = {"scope": "annual", "level1": "产出指标", "level2": "数量指标", "name": "=1+1", "target": "≥10户"}
    return {
        "id": "abc",
        "document_type": "performance_target_declaration",
        "schema_version": "1.0",
        "document": {"name": "水务局,2031.txt", "sha256": "00", "encoding": "utf-8"},
        "chunk": {"ordinal": 2, "start": 5, "end": 90},
        "data": {
            "form_title": None,
            "fiscal_year": 2031,
            "project_name": '=HYPERLINK("http://x")',
            "competent_department": {"code": "001", "name": None},
            "implementing_unit": "河道站",
            "project_attribute": None,
            "duration_years": 3,
            "funding": {"implementation_period": half | {"other": "-3.50"}, "annual": half | {"other": None}},
            "overview": "第一行\n第二行",
            "basis": "bell\x07and\x1b[31mred",
            "necessity": None,
            "safeguards": None,
            "implementation_plan": None,
            "goals": {"implementation_period": None, "annual": "@目标"},
            "indicators": [row | {"measure": None}, row | {"name": "抢修", "measure": measure}],
            "responsible_person": None,
            "handler": "-",
            "phone": "+86 10",
            "submitted_at": None,
        },
        "evidence": {},
        "grounding": {},
        "confidence": {},
        "flags": [
            {"code": "x", "kind": "extraction", "severity": "warning", "path": "", "message": "whole"},
            {
                "code": "x",
                "kind": "extraction",
                "severity": "warning",
                "path": "funding.annual",
                "message": "half",
            },
            {
                "code": "x",
                "kind": "extraction",
                "severity": "warning",
                "path": "indicators.1.name",
                "message": "name",
            },
            {"code": "x", "kind": "source", "severity": "warning", "path": "indicators", "message": "=odd"},
        ],
        "status": "flagged",
        "provenance": {},
    }


@pytest.fixture
def broken(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a project that could not be structured."""
    flag = {"code": "chunk_failed", "kind": "extraction", "severity": "error", "path": "", "message": "lost"}
    return record | {"data": None, "flags": [flag]}
