"""Two readings of one form held together, whatever the model says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interviewing import PERIOD, QUESTIONS, TABLE, Answer, Form, answered, copy_of, invented, labelled

from structurer.asking import Answered
from structurer.document_types.declaration import DECLARATION
from structurer.document_types.declaration.measure import measure
from structurer.document_types.declaration.model import Level2
from structurer.engines.reconciling import reconcile
from structurer.examination import examine
from structurer.models import Extraction, Flag, Grounding
from structurer.paths import covers, leaves, value_at
from structurer.schemas import validate
from structurer.synthesis.families import Family
from structurer.text import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEYS = QUESTIONS.keys
HALVES = ("implementation_period", "annual")


def reading(form: Form, answer: Answer, keys: Sequence[str] = KEYS, style: str = "point") -> Extraction:
    """Return what a model's answer reads as."""
    chosen = QUESTIONS.formats[style]
    ask = chosen.ask(form.passage, keys, form.passage.segments)
    reply = answered(ask, answer)
    assert isinstance(reply, Answered)
    return chosen.read(form.passage, keys, reply.value)


def settled(form: Form, answer: Extraction, keys: Sequence[str] = KEYS) -> Extraction:
    """Return the layout's reading, settled with another; it fits the schema, whatever that says."""
    layout = examine(form.passage, form.layout(), DECLARATION)
    result = reconcile(form.passage, DECLARATION, layout, answer, keys)
    validate(DECLARATION.name, dict(result.data))
    for row in result.data["indicators"]:
        assert row["level1"] == (row["level2"] and str(Level2(row["level2"]).level1))
        assert row["measure"] == measure(row["target"])
    return result


def rows(extraction: Extraction, half: str = "") -> list[tuple[Any, ...]]:
    return [
        (row["scope"], row["level2"], row["name"], row["target"])
        for row in extraction.data["indicators"]
        if not half or row["scope"] == half
    ]


def doubts(extraction: Extraction, code: str) -> list[Flag]:
    return [flag for flag in extraction.doubts if flag.code == code]


def flags(form: Form, extraction: Extraction) -> set[Flag]:
    return set(examine(form.passage, extraction, DECLARATION).flags)


def forms() -> Iterable[Form]:
    yield from (invented(seed, family) for family in Family for seed in (5, 6))
    yield from labelled()


def test_a_reading_held_against_itself_changes_no_value_and_adds_no_flag() -> None:
    for form in forms():
        layout = form.layout()
        before = examine(form.passage, layout, DECLARATION)
        result = settled(form, layout)
        after = examine(form.passage, result, DECLARATION)
        assert result.data == layout.data
        assert dict(result.spans) == {path: spans for path, spans in layout.spans.items() if spans}
        assert set(after.flags) <= set(before.flags)
        left = {flag for flag in before.flags if flag.code not in QUESTIONS.settled_by_agreement}
        assert left <= set(after.flags)
        assert after.evidence == before.evidence
        lower = [path for path, sure in before.confidence.items() if after.confidence[path] < sure]
        assert lower == []


def test_agreement_settles_doubts_about_which_reading_is_right_and_raises_confidence() -> None:
    helped = 0
    for form in labelled():
        layout = form.layout()
        thin = {flag.path for flag in layout.doubts if flag.code == "thin_margin"}
        if not thin:
            continue
        before = examine(form.passage, layout, DECLARATION).confidence
        result = settled(form, layout)
        after = examine(form.passage, result, DECLARATION)
        assert not [flag for flag in after.flags if flag.code == "thin_margin"]
        assert all(after.confidence[path] > before[path] for path in thin)
        helped += 1
    assert helped > 3


def test_a_disagreement_shows_both_readings_and_leaves_the_layouts_value() -> None:
    form = invented(1)
    answer = form.point | {"handler": form.point["phone"], "phone": []}
    result = settled(form, reading(form, answer))
    assert result.data == form.layout().data
    messages = {flag.path: flag.message for flag in doubts(result, "readings_differ")}
    phone, handler = form.label.data["phone"], form.label.data["handler"]
    assert messages["handler"] == f"the layout reads “{handler}”, the model “{phone}”"
    assert messages["phone"] == f"the layout reads “{phone}”, the model nothing"
    assert {"handler", "phone"} == set(messages)
    others = {flag.path: flag.other for flag in doubts(result, "readings_differ")}
    assert others == {"handler": phone, "phone": None}
    assert {flag.other for flag in result.doubts if flag.code != "readings_differ"} <= {None}


def test_keys_that_were_not_asked_about_stay_as_they_are() -> None:
    form = invented(1)
    layout = form.layout()
    result = settled(form, reading(form, form.point, ("handler",)), ("handler",))
    assert result.data == layout.data
    assert set(result.certainty) == {*layout.certainty, "handler"}
    assert result.agreed == {"handler"}
    assert doubts(result, "readings_differ") == []


def test_a_value_that_stands_nowhere_is_no_reading() -> None:
    form = invented(1)
    answer = form.transcribe | {"handler": "甲乙丙丁戊己庚辛", "responsible_person": "子丑寅卯辰巳午未"}
    result = settled(form, reading(form, answer, style="transcribe"))
    assert result.data == form.layout().data
    assert doubts(result, "readings_differ") == []


def test_a_row_that_stands_nowhere_is_no_row() -> None:
    form = invented(1)
    answer = copy_of(form.transcribe)
    answer["indicators"]["annual"]["数量指标"].append(["甲乙丙丁戊己庚辛", "≥98765件"])
    result = settled(form, reading(form, answer, style="transcribe"))
    assert result.data == form.layout().data


def test_an_answer_that_all_amounts_are_nothing_is_taken_nowhere_in_silence() -> None:
    for form in (invented(1), invented(1, Family.PDF), *labelled()):
        layout = form.layout()
        answer = copy_of(form.transcribe)
        for half in answer["funding"].values():
            for key in half:
                half[key] = "0"
        result = settled(form, reading(form, answer, style="transcribe"))
        flagged = {flag.path for flag in flags(form, result)}
        for path, value in leaves(layout.data):
            if path.startswith("funding."):
                now = value_at(result.data, path)
                assert now == value or any(covers(flag, path) for flag in flagged), path
        assert value_at(result.data, "funding.annual.total") == value_at(layout.data, "funding.annual.total")


def test_sums_that_only_the_layouts_amounts_make_decide_for_the_layout() -> None:
    form = next(form for form in map(invented, range(50)) if amounts_differ(form))
    answer = copy_of(form.point)
    annual = answer["funding"]["annual"]
    annual["total"], annual["municipal_county"] = annual["municipal_county"], annual["total"]
    result = settled(form, reading(form, answer))
    assert result.data == form.layout().data
    assert doubts(result, "readings_differ") == []


def amounts_differ(form: Form) -> bool:
    annual = form.label.data["funding"]["annual"]
    numbers = (annual["total"], annual["municipal_county"])
    return None not in numbers and len(set(numbers)) == 2


def test_text_that_only_a_refused_reading_claims_is_still_told_of() -> None:
    form = invented(1)
    layout = form.layout()
    claimed = tuple(span for span in layout.claimed if span not in layout.spans["handler"])
    stray = Extraction(
        {**layout.data, "handler": None},
        {path: spans for path, spans in layout.spans.items() if path != "handler"},
        claimed=claimed,
    )
    examined = examine(form.passage, stray, DECLARATION)
    assert "unclaimed_text" in {flag.code for flag in examined.flags}
    answer = form.point | {"handler": [], "responsible_person": form.point["responsible_person"]}
    answer["project_name"] = form.point["handler"]
    model = reading(form, answer)
    result = reconcile(form.passage, DECLARATION, examined, model, KEYS)
    assert result.data["project_name"] == layout.data["project_name"]
    assert "unclaimed_text" in {flag.code for flag in flags(form, result)}


def test_a_doubtful_value_gives_way_to_one_without_doubt_and_both_are_shown() -> None:
    form = invented(1)
    layout = form.layout()
    empty = Extraction(
        {**layout.data, "handler": None},
        {path: spans for path, spans in layout.spans.items() if path != "handler"},
        claimed=layout.claimed,
    )
    examined = examine(form.passage, empty, DECLARATION)
    result = reconcile(form.passage, DECLARATION, examined, reading(form, form.point), KEYS)
    assert result.data == layout.data
    (flag,) = doubts(result, "readings_differ")
    assert flag.path == "handler"
    assert flag.message.startswith("the layout reads nothing, the model “")
    assert flag.other is None


def test_the_reading_that_gave_way_is_kept_beside_the_one_that_stands() -> None:
    form = invented(1)
    layout = form.layout()
    wrong = {**layout.data, "handler": layout.data["phone"]}
    doubted = Extraction(
        wrong,
        {**layout.spans, "handler": layout.spans["phone"]},
        (Flag("handler", "label_in_value", *kind()),),
        claimed=layout.claimed,
    )
    examined = examine(form.passage, doubted, DECLARATION)
    result = reconcile(form.passage, DECLARATION, examined, reading(form, form.point), KEYS)
    assert result.data == layout.data
    (flag,) = doubts(result, "readings_differ")
    assert (flag.path, flag.other) == ("handler", layout.data["phone"])
    assert flag.as_dict()["other"] == flag.other


def test_the_cells_of_a_row_give_way_together_or_not_at_all() -> None:
    """Else a text could come to stand in two cells of a row, and another in none."""
    form = invented(1)
    layout = form.layout()
    doubted = Extraction(
        layout.data,
        layout.spans,
        (Flag("indicators.0.name", "torn_name", *kind()),),
        claimed=layout.claimed,
    )
    examined = examine(form.passage, doubted, DECLARATION)
    answer = copy_of(form.point)
    first = answer["indicators"][HALVES[0]][layout.data["indicators"][0]["level2"]][0]
    first[0], first[1] = first[1], []
    result = reconcile(form.passage, DECLARATION, examined, reading(form, answer), KEYS)
    assert result.data == layout.data
    assert {flag.path for flag in doubts(result, "readings_differ")} == {
        "indicators.0.name",
        "indicators.0.target",
    }


@pytest.mark.parametrize("lost", [False, True])
def test_a_row_is_renamed_only_where_the_layout_has_no_name_for_it(lost: bool) -> None:
    form = invented(1)
    layout = form.layout()
    first, *others = layout.data["indicators"]
    known = {**first, "name": None} if lost else first
    doubted = Extraction(
        {**layout.data, "indicators": [known, *others]},
        {path: spans for path, spans in layout.spans.items() if not lost or path != "indicators.0.name"},
        (Flag("indicators.0.name", "torn_name", *kind()),),
        claimed=layout.claimed,
    )
    invented_name = layout.data["handler"]
    answer = Extraction(
        {**layout.data, "indicators": [{**first, "name": invented_name}, *others]},
        {**layout.spans, "indicators.0.name": layout.spans["handler"]},
    )
    examined = examine(form.passage, doubted, DECLARATION)
    result = reconcile(form.passage, DECLARATION, examined, answer, KEYS)
    stands = {**first, "name": invented_name} if lost else first
    assert result.data["indicators"] == [stands, *others]
    flag = next(flag for flag in doubts(result, "readings_differ") if flag.path == "indicators.0.name")
    shown = "nothing" if lost else f"“{first['name']}”"
    assert flag.message == f"the layout reads {shown}, the model “{invented_name}”"
    assert flag.other == (None if lost else invented_name)


def test_a_row_that_the_model_drops_stays_and_one_that_it_adds_comes_in_its_place() -> None:
    form = invented(1)
    layout = form.layout()
    answer = copy_of(form.point)
    answer["indicators"]["annual"]["数量指标"].pop(0)
    result = settled(form, reading(form, answer))
    assert rows(result) == rows(layout)
    (flag,) = doubts(result, "row_in_one_reading")
    number = next(n for n, row in enumerate(layout.data["indicators"]) if row["scope"] == "annual")
    assert flag.path == f"indicators.{number}"
    assert flag.message == "the model does not read this row here"

    lost = examine(form.passage, without_row(layout, number), DECLARATION)
    result = reconcile(form.passage, DECLARATION, lost, reading(form, form.point), KEYS)
    assert rows(result) == rows(layout)
    (flag,) = doubts(result, "row_in_one_reading")
    assert (flag.path, flag.message) == (f"indicators.{number}", "only the model reads this row")


def without_row(layout: Extraction, number: int) -> Extraction:
    """Return a reading as if the layout had overlooked a row."""

    def moved(path: str) -> str | None:
        first, *rest = path.split(".")
        if first != "indicators":
            return path
        place = int(rest[0])
        if place == number:
            return None
        return ".".join((first, str(place - (place > number)), *rest[1:]))

    data = {
        **layout.data,
        "indicators": [row for n, row in enumerate(layout.data["indicators"]) if n != number],
    }
    spans = {new: spans for path, spans in layout.spans.items() if (new := moved(path))}
    return Extraction(data, spans, claimed=layout.claimed)


def test_a_whole_half_that_only_the_model_reads_comes_before_or_behind_the_other() -> None:
    form = invented(1)
    layout = form.layout()
    for half in HALVES:
        left = layout
        for number in reversed(range(len(layout.data["indicators"]))):
            if layout.data["indicators"][number]["scope"] == half:
                left = without_row(left, number)
        examined = examine(form.passage, left, DECLARATION)
        result = reconcile(form.passage, DECLARATION, examined, reading(form, form.point), KEYS)
        assert rows(result) == rows(layout)
        assert len(doubts(result, "row_in_one_reading")) == len(rows(layout, half))


def test_swapped_halves_double_no_row() -> None:
    for form in (invented(1), invented(1, Family.PDF), invented(2, Family.ZONE)):
        answer = copy_of(form.point)
        table = answer["indicators"]
        table["annual"], table["implementation_period"] = table["implementation_period"], table["annual"]
        result = settled(form, reading(form, answer))
        assert rows(result) == rows(form.layout())
        assert len(doubts(result, "row_in_one_reading")) == len(rows(result))


def test_the_order_of_an_answers_rows_makes_no_difference() -> None:
    form = invented(1)
    answer = copy_of(form.point)
    for half in HALVES:
        groups = list(answer["indicators"][half].items())
        answer["indicators"][half] = {level: lines[::-1] for level, lines in reversed(groups)}
    result = settled(form, reading(form, answer))
    assert result == settled(form, reading(form, form.point))
    assert result.data == form.layout().data


@pytest.mark.parametrize("asked", TABLE)
def test_rows_of_a_half_that_was_not_asked_about_stay_as_they_are(asked: str) -> None:
    half, other = HALVES if asked == PERIOD else HALVES[::-1]
    for form in labelled():
        layout = form.layout()
        answer = copy_of(form.point)
        groups = answer["indicators"][half]
        for level in list(groups)[::2]:
            groups.pop(level)
        result = settled(form, reading(form, answer, (asked,)), (asked,))
        assert parts_of(result, other) == parts_of(layout, other)
        assert rows(result, other) == rows(layout, other)


def parts_of(extraction: Extraction, half: str) -> list[Any]:
    """Return all that is known of the rows of one half."""
    found: list[Any] = []
    for number, row in enumerate(extraction.data["indicators"]):
        if row["scope"] != half:
            continue
        path = f"indicators.{number}"
        own = {key: extraction.spans[f"{path}.{key}"] for key in row if f"{path}.{key}" in extraction.spans}
        sure = {key: extraction.certainty.get(f"{path}.{key}") for key in row}
        told = sorted(
            (flag.path.removeprefix(path), flag.code, flag.message)
            for flag in extraction.doubts
            if covers(path, flag.path)
        )
        found.append((row, own, sure, told))
    return found


def test_a_level_and_a_target_take_what_is_computed_from_them_along() -> None:
    form = invented(1)
    layout = form.layout()
    rows_before = layout.data["indicators"]
    wrong = [row | {"level2": None, "level1": None, "target": None, "measure": None} for row in rows_before]
    blank = Extraction(
        {**layout.data, "indicators": wrong},
        {path: spans for path, spans in layout.spans.items() if path.endswith(".name")},
    )
    examined = examine(form.passage, blank, DECLARATION)
    result = reconcile(form.passage, DECLARATION, examined, reading(form, form.point, TABLE), TABLE)
    assert result.data["indicators"] == rows_before
    assert len(doubts(result, "readings_differ")) == 2 * len(rows_before)


def test_doubts_about_a_rows_derived_values_and_about_the_table_are_kept() -> None:
    form = invented(1)
    layout = form.layout()
    own = ("indicators", "indicators.0", "indicators.0.measure", "indicators.0.name", "funding.annual", "")
    doubted = Extraction(
        layout.data,
        layout.spans,
        tuple(Flag(path, "some_doubt", *kind()) for path in own),
        claimed=layout.claimed,
    )
    result = settled_with(form, doubted)
    expected = {path.removesuffix(".measure") for path in own}
    assert {flag.path for flag in result.doubts} == expected


def kind() -> tuple[Any, ...]:
    from structurer.checks import extraction

    flag = extraction("", "", "some words")
    return flag.kind, flag.severity, flag.message


def settled_with(form: Form, layout: Extraction) -> Extraction:
    examined = examine(form.passage, layout, DECLARATION)
    return reconcile(form.passage, DECLARATION, examined, form.layout(), KEYS)


POOL = [
    invented(8),
    invented(9, Family.PDF),
    invented(8, Family.DISCLOSURE),
    *labelled()[:1],
    *labelled()[20:23],
]


@st.composite
def edited(draw: st.DrawFn) -> tuple[Form, Answer]:
    """Return a form and an answer in which a few things are left out, exchanged, or point elsewhere."""
    form = draw(st.sampled_from(POOL))
    answer = copy_of(form.point)
    segments = st.integers(0, len(form.passage.segments) - 1)
    for _ in range(draw(st.integers(1, 5))):
        half = draw(st.sampled_from(HALVES))
        groups = answer["indicators"][half]
        places = [(level, n) for level, lines in groups.items() for n in range(len(lines))]
        match draw(
            st.sampled_from(("drop", "elsewhere", "exchange", "move", "level", "empty", "field", "amount"))
        ):
            case "drop" if places:
                level, n = draw(st.sampled_from(places))
                del groups[level][n]
            case "elsewhere" if places:
                level, n = draw(st.sampled_from(places))
                groups[level][n][draw(st.integers(0, 1))] = [draw(segments)]
            case "exchange" if places:
                (one, n), (two, m) = draw(st.sampled_from(places)), draw(st.sampled_from(places))
                groups[one][n][1], groups[two][m][1] = groups[two][m][1], groups[one][n][1]
            case "move" if places:
                level, n = draw(st.sampled_from(places))
                other = answer["indicators"][HALVES[half == HALVES[0]]]
                other.setdefault(level, []).append(groups[level].pop(n))
            case "level" if places:
                level, n = draw(st.sampled_from(places))
                other_level = str(draw(st.sampled_from(list(Level2))))
                groups.setdefault(other_level, []).append(groups[level].pop(n))
            case "empty" if places:
                level, n = draw(st.sampled_from(places))
                groups[level][n][draw(st.integers(0, 1))] = []
            case "field":
                key = draw(st.sampled_from([key for key in answer if isinstance(answer[key], list)]))
                answer[key] = draw(st.one_of(st.just([]), segments.map(lambda n: [n])))
            case "amount":
                amounts = answer["funding"][half]
                key = draw(st.sampled_from(sorted(amounts)))
                amounts[key] = draw(st.one_of(st.just([]), segments.map(lambda n: [n])))
    return form, answer


@settings(max_examples=50, deadline=None)
@given(edited())
def test_every_value_is_one_of_the_two_and_every_difference_is_told(case: tuple[Form, Answer]) -> None:
    form, answer = case
    layout, model = form.layout(), reading(form, answer)
    result = settled(form, model)
    told = [flag.path for flag in result.doubts if flag.code in ("readings_differ", "row_in_one_reading")]

    def is_told(path: str) -> bool:
        return any(covers(flag, path) for flag in told)

    for path, mine in leaves({key: value for key, value in layout.data.items() if key != "indicators"}):
        theirs, now = value_at(model.data, path), value_at(result.data, path)
        assert now in (mine, theirs), path
        if not alike(mine, theirs) and not is_told(path):
            assert now == mine, path
            assert stands_nowhere(form, model, path) or the_checks_decide(form, layout, model, path), path

    for scope in HALVES:
        ours, theirs_rows = rows(layout, scope), rows(model, scope)
        now_rows = rows(result, scope)
        assert len(now_rows) >= len(ours)
        names, targets = ([row[n] for row in (*ours, *theirs_rows)] for n in (2, 3))
        assert all(row[2] in names and row[3] in targets for row in now_rows)
        for number, row in enumerate(result.data["indicators"]):
            path = f"indicators.{number}"
            if row["scope"] == scope and not any(covers(path, flag) for flag in told):
                plain = (row["scope"], row["level2"], row["name"], row["target"])
                assert plain in ours, path
                assert bared(plain) in [bared(other) for other in theirs_rows], path


def alike(one: Any, other: Any) -> bool:
    return one is other if None in (one, other) else bare(str(one)) == bare(str(other))


def bared(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value and bare(value) for value in row)


def stands_nowhere(form: Form, model: Extraction, path: str) -> bool:
    evidence = examine(form.passage, model, DECLARATION).evidence.get(path)
    return value_at(model.data, path) is not None and (evidence is None or evidence.status is Grounding.NONE)


def the_checks_decide(form: Form, layout: Extraction, model: Extraction, path: str) -> bool:
    """Say whether the checks find fault with the model's fields, and not with the layout's."""
    instead = Extraction(
        {**model.data, "indicators": layout.data["indicators"]},
        {
            **{path: spans for path, spans in model.spans.items() if not path.startswith("indicators.")},
            **{path: spans for path, spans in layout.spans.items() if path.startswith("indicators.")},
        },
        claimed=(*layout.claimed, *model.claimed),
    )
    group = path.rpartition(".")[0] or path
    before = {flag for flag in flags(form, layout) if flag not in layout.doubts and covers(group, flag.path)}
    return not before and any(covers(group, flag.path) for flag in flags(form, instead))
