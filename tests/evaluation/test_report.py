from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from structurer.evaluation import as_json, load_gold, print_report, score

GOLD = Path(__file__).parents[2] / "eval" / "gold"


@pytest.fixture
def printed():
    def show(result):
        out = io.StringIO()
        print_report(result, Console(file=out, width=120, color_system=None))
        return out.getvalue()

    return show


def test_every_error_is_listed_with_place_both_sides_and_flags(label, record, data, printed):
    wrong = data(phone="5550100", indicators__0__target="≤9公里")
    text = printed(score([label()], [record(wrong, flags=["indicators.0.target"])]))
    assert "indicators.0.target" in text
    assert "≥9公里" in text
    assert "≤9公里" in text
    assert "doubt" in text
    assert "5550100" in text
    assert text.count("SILENT") == 1


def test_goals_are_said_to_be_met_or_not(label, record, data, printed):
    assert "NOT MET" not in printed(score([label()], [record()]))
    text = printed(score([label(rows=[0])], [record(data(phone="5550100"))]))
    assert text.count("NOT MET") == 3
    assert "Uncertain in the label, not flagged" in text


def test_text_of_a_filing_is_shown_and_not_obeyed(label, record, data, printed):
    text = printed(score([label()], [record(data(handler="[red]\x1b[2J\u202e甲[/red]"))]))
    assert "[red]\\u001b[2J\\u202e甲[/red]" in text
    assert "\x1b" not in text


def test_the_json_is_the_same_for_the_same_labels_and_records_in_any_order(label, record, data):
    labels = [label(), label(ordinal=2), label(filing="b.txt", rows=[0])]
    records = [record(data(phone="5550100"), flags=["phone"]), record(ordinal=2), record(filing="b.txt")]
    text = as_json(score(labels, records))
    assert text == as_json(score(labels[::-1], records[::-1]))
    report = json.loads(text)
    assert report["summary"]["fields"] == {"part": 92, "whole": 93, "value": 0.989247}
    assert report["summary"]["rows"]["f1"]["value"] == 1.0
    assert report["summary"]["flag_recall"] == {"part": 0, "whole": 1, "value": 0.0}
    (error,) = report["errors"]
    assert (error["filing"], error["ordinal"], error["path"]) == ("a.txt", 1, "phone")
    assert (error["gold"], error["read"], error["silent"]) == (None, "5550100", False)
    assert error["flags"] == "doubt"
    (overlooked,) = report["uncertain_not_flagged"]
    assert (overlooked["filing"], overlooked["path"]) == ("b.txt", "indicators.0")
    assert [goal["met"] for goal in report["goals"]] == [False, True, True, False, True]


def test_the_gold_set_loads_and_scores_one_against_itself(record):
    labels = load_gold(GOLD)
    records = [record(each.data, filing=each.filing, ordinal=each.ordinal) for each in labels]
    result = score(labels, records)
    assert len(labels) == 38
    assert result.errors == ()
    assert result.headline.f1.value == result.headline.scalars.value == 1.0
    assert result.headline.misplaced == 0
    assert len(result.doubts) == 57
