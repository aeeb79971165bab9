from __future__ import annotations

import json

import pytest

from structurer.errors import OutputError
from structurer.evaluation.candidates import add_candidates
from structurer.evaluation.gold import GoldError, load_gold, read_label
from structurer.evaluation.written import RecordsError, WrittenRecords

REVIEW = {
    "by": ["lin", "wu"],
    "at": "2031-02-03T04:05:06+00:00",
    "decisions": 4,
    "marks": {"phone": {"kind": "accepted", "reason": ""}},
}


@pytest.fixture
def reviewed(record, data):
    """Make a written record that somebody reviewed."""

    def make(**changes):
        written = record(data()).as_dict()
        written["document"] = {"name": "2023/a b.txt", "sha256": "0" * 64, "encoding": "utf-8"}
        return {**written, "id": "9f8e7d6c5b4a", "status": "reviewed", "review": REVIEW, **changes}

    return make


def test_a_candidate_is_a_label_that_says_where_it_comes_from(reviewed, tmp_path, data):
    (added,) = add_candidates([reviewed()], tmp_path / "candidates")
    assert added.new
    assert added.path.name == "2023-a-b-01-9f8e7d6c.json"
    candidate = json.loads(added.path.read_text(encoding="utf-8"))
    said = candidate.pop("candidate")
    assert (said["record"], said["engine"]) == ("9f8e7d6c5b4a", "layout")
    assert said["labelled"] == "after a program's reading was shown"
    assert (said["reviewers"], said["reviewed_at"], said["decisions"]) == (["lin", "wu"], REVIEW["at"], 4)
    without = tmp_path / "label.json"
    without.write_text(json.dumps(candidate), encoding="utf-8")
    label = read_label(without)
    assert (label.filing, label.ordinal) == ("2023/a b.txt", 1)
    assert label.data == data()


def test_what_nobody_could_read_is_uncertain(reviewed, tmp_path):
    illegible = {"kind": "illegible", "reason": "stamp"}
    marks = dict.fromkeys(("phone", "funding.annual", "indicators.1.target", "indicators.0"), illegible)
    others = {"handler": {"kind": "corrected", "reason": ""}, "": illegible}
    (added,) = add_candidates([reviewed(review=REVIEW | {"marks": marks | others})], tmp_path)
    candidate = json.loads(added.path.read_text(encoding="utf-8"))
    del candidate["candidate"]
    without = tmp_path / "label.json"
    without.write_text(json.dumps(candidate), encoding="utf-8")
    label = read_label(without)
    assert label.uncertain_fields == {"phone", "funding.annual"}
    assert label.uncertain_rows == {0, 1}


def test_a_candidate_is_never_taken_for_gold(reviewed, tmp_path):
    add_candidates([reviewed()], tmp_path)
    with pytest.raises(GoldError, match="candidate"):
        load_gold(tmp_path)


def test_only_reviewed_records_are_candidates(reviewed, tmp_path):
    others = [reviewed(status=status) for status in ("accepted", "flagged", "rejected")]
    assert add_candidates([*others, reviewed(data=None)], tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(reviewed, tmp_path):
    (added,) = add_candidates([reviewed()], tmp_path)
    added.path.write_text("mine", encoding="utf-8")
    (again,) = add_candidates([reviewed()], tmp_path)
    assert (again.path, again.new) == (added.path, False)
    assert added.path.read_text(encoding="utf-8") == "mine"


def test_a_hostile_filing_name_stays_in_the_folder(reviewed, tmp_path):
    document = {"name": "../../x\u202e/..", "sha256": "0" * 64, "encoding": "utf-8"}
    (added,) = add_candidates([reviewed(document=document, id="../../y")], tmp_path / "c")
    assert added.path.parent == tmp_path / "c"
    assert list((tmp_path / "c").iterdir()) == [added.path]


def test_what_cannot_be_added_is_named(reviewed, tmp_path):
    with pytest.raises(GoldError, match="record 9f8e7d6c5b4a"):
        add_candidates([reviewed(data={"colour": "red"})], tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="choose another folder"):
        add_candidates([reviewed()], tmp_path / "file" / "below")


def test_records_are_read_line_by_line(reviewed, tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(reviewed()) + "\n{}\n", encoding="utf-8")
    records = iter(WrittenRecords(path))
    assert next(records)["id"] == "9f8e7d6c5b4a"
    with pytest.raises(RecordsError, match="line 2: is no record"):
        next(records)
    with pytest.raises(RecordsError, match="cannot be read"):
        next(iter(WrittenRecords(tmp_path)))
