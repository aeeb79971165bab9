"""A run that was written, and the filing that it read: two hundred small declarations."""

from __future__ import annotations

import hashlib
import json

import pytest

from structurer.evaluation.audit.drawing import draw
from structurer.evaluation.audit.lot import BulkRun, read_run
from structurer.evaluation.audit.plan import Promise
from structurer.evaluation.audit.result import AuditResult, Judgement, Verdict

DECLARATIONS = 200


def _declaration(ordinal, text):
    """Return a record and the text that it was read from; one amount in ten is flagged."""
    form = {
        "project_name": f"第{ordinal}号河堤工程",
        "funding": {"annual": {"total": str(1000 + ordinal), "other": None}},
        "phone": None,
        "indicators": [
            {
                "scope": "annual",
                "level1": "产出指标",
                "level2": "数量指标",
                "name": f"护栏{ordinal}",
                "target": "=12处",
                "measure": None,
            }
        ],
    }
    start = len(text)
    line = f"项目名称\t{form['project_name']}\t金额\t{1000 + ordinal}\n数量指标\t护栏{ordinal}\t=12处\n"
    places = {
        "project_name": form["project_name"],
        "funding.annual.total": str(1000 + ordinal),
        "indicators.0.name": f"护栏{ordinal}",
        "indicators.0.target": "=12处",
    }
    evidence = {
        path: [[start + line.index(value), start + line.index(value) + len(value)]]
        for path, value in places.items()
    }
    doubt = {
        "path": "funding.annual",
        "code": "doubt",
        "kind": "extraction",
        "severity": "warning",
        "message": "?",
    }
    odd = {**doubt, "path": "project_name", "kind": "source"}
    record = {
        "id": f"r{ordinal}",
        "chunk": {"ordinal": ordinal, "start": start, "end": start + len(line)},
        "data": form,
        "evidence": evidence,
        "flags": [odd, doubt] if ordinal % 10 == 0 else [odd],
        "status": "accepted",
        "provenance": {},
    }
    return record, text + line


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """The folder of a run and the folder of its filings."""
    folder = tmp_path_factory.mktemp("audit")
    run, filings = folder / "out", folder / "filings"
    run.mkdir()
    filings.mkdir()
    text, records = "", []
    for ordinal in range(1, DECLARATIONS + 1):
        made, text = _declaration(ordinal, text)
        records.append(made)
    (filings / "=a.txt").write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    for made in records:
        made["document"] = {"name": "=a.txt", "sha256": digest, "encoding": "utf-8"}
    records[0]["status"] = "rejected"
    records[1]["data"] = None
    lines = (json.dumps(made, ensure_ascii=False) + "\n" for made in records)
    (run / "records.jsonl").write_text("".join(lines), encoding="utf-8")
    head = {
        "structurer": "0.1.0",
        "config": "sha256:0",
        "settings": {"engine": "hybrid"},
        "model": {"name": "m", "cost": "1.98"},
    }
    (run / "run.json").write_text(json.dumps(head), encoding="utf-8")
    return run, filings


@pytest.fixture(scope="session")
def run(folders) -> BulkRun:
    return read_run(folders[0])


@pytest.fixture(scope="session")
def plan(run):
    """A plan; by default of single values, for 1% at 95%."""

    def make(target=0.01, confidence=0.95, **how):
        return draw(run, Promise(target, confidence), **how)

    return make


@pytest.fixture(scope="session")
def judged():
    """Make the result in which all is right but for some ids: id → verdict, or (verdict, correct value)."""

    def make(plan, others=(), without=()):
        others = dict(others)
        judgements = []
        for row, item in enumerate(plan.items, start=2):
            said = others.get(item.id, Verdict.RIGHT)
            verdict, correct = said if isinstance(said, tuple) else (said, "")
            if item.id not in without:
                judgements.append(Judgement(row, item.id, verdict, correct, ""))
        return AuditResult(plan, tuple(judgements), ())

    return make
