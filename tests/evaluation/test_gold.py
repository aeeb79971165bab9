from __future__ import annotations

import json

import pytest

from structurer.evaluation.gold import GoldError, load_gold


@pytest.fixture
def raw(data):
    """One label file's object."""
    form = {key: value for key, value in data().items() if key != "indicators"}
    rows = [{key: row[key] for key in ("scope", "level2", "name", "target")} for row in data()["indicators"]]
    rows[1]["uncertain"] = True
    return form | {
        "filing": "a.txt",
        "ordinal": 2,
        "indicators": rows,
        "uncertain_fields": ["goals"],
        "notes": "damaged",
    }


@pytest.fixture
def folder(tmp_path):
    def write(**labels):
        for name, label in labels.items():
            text = label if isinstance(label, str) else json.dumps(label, ensure_ascii=False)
            (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_label_keeps_its_data_apart_from_what_is_said_about_it(folder, raw, data):
    (label,) = load_gold(folder(one=raw))
    assert (label.filing, label.ordinal, label.notes) == ("a.txt", 2, "damaged")
    assert label.data == data()
    assert label.uncertain_rows == {1}
    assert label.is_uncertain("goals.annual")
    assert not label.is_uncertain("overview")


def test_labels_come_by_filing_and_ordinal_whatever_their_files_are_called(folder, raw):
    labels = load_gold(folder(a=raw | {"ordinal": 10}, b=raw, c=raw | {"filing": "0.txt"}))
    assert [(label.filing, label.ordinal) for label in labels] == [("0.txt", 2), ("a.txt", 2), ("a.txt", 10)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ordinal": 0}, "whole number from 1"),
        ({"ordinal": True}, "whole number from 1"),
        ({"filing": "../secret.txt"}, "below the folder"),
        ({"filing": "/secret.txt"}, "below the folder"),
        ({"fiscal_year": "soon"}, "fiscal_year"),
        ({"colour": "red"}, "colour"),
        ({"competent_department": {"code": 71, "name": None}}, "competent_department.code"),
        ({"uncertain_fields": ["goal"]}, "'goal' is no field"),
        ({"uncertain_fields": ["indicators.1"]}, "in its own row"),
        ({"uncertain_fields": "goals"}, "list"),
        ({"indicators": [{"uncertain": "yes"}]}, "true or false"),
        ({"indicators": [{"scope": "annual", "level2": None, "name": "甲"}]}, "missing: indicators.0.target"),
        ({"indicators": ["row"]}, "list of objects"),
    ],
)
def test_a_label_that_is_not_as_the_guide_says_is_refused_by_name(folder, raw, change, message):
    with pytest.raises(GoldError, match=message) as caught:
        load_gold(folder(wrong=raw | change))
    assert "wrong.json" in str(caught.value)


@pytest.mark.parametrize("path", ["phone", "notes", "indicators", "funding.annual.other", "goals.annual"])
def test_a_forgotten_key_does_not_pass_for_an_empty_cell(folder, raw, path):
    *parents, last = path.split(".")
    place = raw
    for key in parents:
        place = place[key]
    del place[last]
    with pytest.raises(GoldError, match=f"missing: {path}"):
        load_gold(folder(one=raw))


def test_files_that_are_no_labels_are_refused(folder, raw):
    with pytest.raises(GoldError, match="labelled twice"):
        load_gold(folder(one=raw, two=raw))
    with pytest.raises(GoldError, match=r"one\.json: cannot be read"):
        load_gold(folder(one="{"))
    with pytest.raises(GoldError, match="JSON object"):
        load_gold(folder(one="[]"))


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(GoldError, match=r"no \*\.json label"):
        load_gold(tmp_path / "nowhere")
