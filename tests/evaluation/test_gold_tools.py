from __future__ import annotations

import json
from pathlib import Path

import pytest

from structurer.evaluation.gold import GoldError
from structurer.evaluation.gold_tools import check_gold
from structurer.models import Severity

EVAL = Path(__file__).parents[2] / "eval"

NAME = "yangquan-2024-municipal-departments"


@pytest.fixture
def folders(tmp_path):
    """The labels and the filing of four declarations, to be changed at will."""
    labels, filings = tmp_path / "gold", tmp_path / "filings"
    labels.mkdir()
    filings.mkdir()
    (filings / f"{NAME}.txt").write_bytes((EVAL / "filings" / f"{NAME}.txt").read_bytes())
    for path in (EVAL / "gold").glob(f"{NAME}-*.json"):
        (labels / path.name).write_bytes(path.read_bytes())
    return labels, filings


@pytest.fixture
def change(folders):
    """Change one label: dotted path → value; the label is that of the first declaration."""

    def make(values, name=f"{NAME}-01.json", to=None):
        path = folders[0] / name
        label = json.loads(path.read_text(encoding="utf-8"))
        for place, value in values.items():
            *parents, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
            node = label
            for part in parents:
                node = node[part]
            node[last] = value
        (folders[0] / (to or name)).write_text(json.dumps(label), encoding="utf-8")

    return make


def found(folders):
    return {
        (finding.label, finding.path, str(finding.severity), finding.code) for finding in check_gold(*folders)
    }


def test_the_gold_set_is_as_the_guide_says():
    """What is left is second-level labels that the scanner lost and the form's order supplies."""
    findings = check_gold(EVAL / "gold", EVAL / "filings")
    assert {(finding.severity, finding.code) for finding in findings} == {(Severity.INFO, "supplied_level")}
    assert len(findings) == 12


def test_labels_that_are_right_give_no_finding(folders):
    assert found(folders) == set()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"overview": "这里没有这句话的任何一个地方"}, ("overview", "error", "not_in_text")),
        ({"indicators.0.name": "补助发方人数总"}, ("indicators.0.name", "error", "not_in_text")),
        ({"funding.annual.total": "32921921"}, ("funding.annual.total", "error", "not_in_text")),
        ({"funding.annual.central": "00"}, ("funding.annual.central", "error", "amount")),
        ({"submitted_at": "2024-02-30T11:45:40"}, ("submitted_at", "error", "time")),
        ({"indicators.0.level1": "效益指标"}, ("indicators.0.level1", "error", "level1")),
        ({"indicators.0.scope": "annual"}, ("indicators", "error", "mixed_halves")),
        ({"uncertain_fields": ["phone"]}, ("notes", "warning", "no_notes")),
        ({"ordinal": 9}, ("", "error", "no_such_project")),
        ({"uncertain_fields": ["phones"]}, ("", "error", "not_as_the_guide_says")),
        ({"colour": "red"}, ("", "error", "not_as_the_guide_says")),
        ({"filing": "other.txt"}, ("", "error", "no_filing")),
    ],
)
def test_what_is_wrong_with_a_label_is_found(folders, change, values, expected):
    change(values)
    assert (f"{NAME}-01.json", *expected) in found(folders)


def test_a_misread_character_is_told_with_what_is_printed(folders, change):
    """One character of a long text changed to one that looks like it."""
    path = folders[0] / f"{NAME}-01.json"
    plan = json.loads(path.read_text(encoding="utf-8"))["implementation_plan"]
    change({"implementation_plan": plan.replace("退休人员", "退休入员")})
    (finding,) = check_gold(*folders)
    assert (finding.path, finding.severity) == ("implementation_plan", Severity.WARNING)
    assert "退休人员" in finding.message


def test_what_is_marked_uncertain_may_be_missing(folders, change):
    change({"phone": "13812345678", "uncertain_fields": ["phone"], "notes": "the number is torn"})
    assert found(folders) == {(f"{NAME}-01.json", "phone", "info", "not_in_text")}
    change({"indicators.0.target": "≥6702人/日", "indicators.0.uncertain": True})
    assert (f"{NAME}-01.json", "indicators.0.target", "info", "not_in_text") in found(folders)


def test_a_short_value_in_two_pieces_is_looked_at_again(folders, change):
    filing = folders[1] / f"{NAME}.txt"
    text = filing.read_text(encoding="utf-8")
    assert text.count("应发尽发率") == 2
    filing.write_text(text.replace("应发尽发率", "应发尽\t100%\n发率"), encoding="utf-8")
    assert {code for _, path, _, code in found(folders) if path == "indicators.1.name"} <= {"in_pieces"}
    change({"indicators.1.name": "应发尽完率"})
    assert (f"{NAME}-01.json", "indicators.1.name", "error", "not_in_text") in found(folders)


def test_a_filing_is_labelled_whole_and_once(folders, change):
    (folders[0] / f"{NAME}-02.json").unlink()
    assert (f"{NAME}.txt", "", "error", "not_whole") in found(folders)
    change({}, to="again.json")
    codes = {(label, code) for label, _, _, code in found(folders)}
    assert {label for label, code in codes if code == "labelled_twice"} == {f"{NAME}-01.json"}
    change({"ordinal": 2}, to="again.json")
    codes = {(label, code) for label, _, _, code in found(folders)}
    assert {label for label, code in codes if code == "same_project"} == {f"{NAME}-01.json"}


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(GoldError, match=r"no \*\.json label"):
        check_gold(tmp_path, tmp_path)
