from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from structurer.checks import Subject, confidence, extraction, quoted, run_checks, source, status
from structurer.models import Chunk, Evidence, FlagKind, Grounding, Severity, Span, Status
from structurer.paths import leaves

DATA = {
    "title": "甲",
    "people": {"head": None, "clerk": "乙"},
    "rows": [
        {"scope": "annual", "level1": "x", "name": "丙", "target": None, "measure": {"value": "1"}},
        {"scope": "annual", "level1": "x", "name": "丁", "target": "3个", "measure": None},
    ],
}
PATHS = [
    "title",
    "people.head",
    "people.clerk",
    "rows.0.name",
    "rows.0.target",
    "rows.1.name",
    "rows.1.target",
]
SUBJECT = Subject(DATA, None, "", Chunk(0, 0, 0, ()))


def test_leaves_are_every_value_in_order_without_what_is_derived():
    assert [path for path, _ in leaves(DATA)] == PATHS
    assert list(confidence(DATA, {}, (), {})) == PATHS


def test_flags_are_sorted_and_each_said_once():
    first = source("a", "code", "m")
    second = extraction("b", "code", "m", Severity.ERROR)
    assert run_checks(SUBJECT, [lambda _: [second, first], lambda _: [first]]) == (first, second)


def test_row_two_comes_before_row_ten():
    flags = [extraction(path, "c", "m") for path in ("rows.10.name", "rows.2.name", "rows.2", "", "phone")]
    sorted_paths = [flag.path for flag in run_checks(SUBJECT, [lambda _: flags])]
    assert sorted_paths == ["", "phone", "rows.2", "rows.2.name", "rows.10.name"]


def test_a_check_that_breaks_costs_only_itself_and_says_so():
    def broken(subject):
        yield source("a", "kept", "said before it broke")
        raise KeyError(subject.data["title"])

    flags = run_checks(SUBJECT, [broken, lambda _: [source("b", "other", "m")]])
    assert [flag.code for flag in flags] == ["check_failed", "kept", "other"]
    assert (flags[0].path, flags[0].kind, flags[0].severity) == ("", FlagKind.EXTRACTION, Severity.ERROR)
    assert "broken" in flags[0].message
    assert "KeyError" in flags[0].message


def test_only_doubts_about_reading_make_a_record_flagged():
    assert status([]) is Status.ACCEPTED
    assert status([source("a", "c", "m", Severity.ERROR)]) is Status.ACCEPTED
    assert status([extraction("a", "c", "m", Severity.INFO)]) is Status.FLAGGED


def test_confidence_falls_with_grounding():
    found = [
        confidence({"a": "x"}, {"a": Evidence((Span(0, 1),), grounding)}, (), {})["a"]
        for grounding in Grounding
    ]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


def test_a_doubt_reaches_everything_below_its_path_and_nothing_beside_it():
    plain = confidence(DATA, {}, (), {})
    lower = {
        path
        for path, value in confidence(DATA, {}, [extraction("rows.1", "c", "m")], {}).items()
        if value < plain[path]
    }
    assert lower == {"rows.1.name", "rows.1.target"}
    everything = confidence(DATA, {}, [extraction("", "c", "m")], {})
    assert all(everything[path] < plain[path] for path in PATHS)


def test_the_gravest_doubt_and_the_least_certainty_count():
    flags = [extraction("rows", "c", "m", Severity.ERROR), extraction("rows.0.name", "c", "m", Severity.INFO)]
    alone = confidence(DATA, {}, flags[:1], {})
    assert confidence(DATA, {}, flags, {}) == alone
    assert confidence(DATA, {}, (), {"rows.0": 0.5, "rows.0.name": 0.8})["rows.0.name"] == 0.45


def test_what_the_filing_says_oddly_is_no_doubt_about_reading():
    assert confidence(DATA, {}, [source("title", "c", "m", Severity.ERROR)], {}) == confidence(
        DATA, {}, (), {}
    )


FLAGS = st.lists(
    st.builds(
        extraction,
        st.sampled_from([*PATHS, "", "rows"]),
        st.just("c"),
        st.just("m"),
        st.sampled_from(Severity),
    )
)
CERTAINTY = st.dictionaries(st.sampled_from([*PATHS, "", "rows.1"]), st.floats(0, 1))
EVIDENCE = st.dictionaries(
    st.sampled_from(PATHS), st.builds(Evidence, st.just((Span(0, 1),)), st.sampled_from(Grounding))
)


@given(EVIDENCE, FLAGS, CERTAINTY)
def test_confidence_is_a_probability_and_doubt_never_raises_it(evidence, flags, certainty):
    found = confidence(DATA, evidence, flags, certainty)
    free = confidence(DATA, evidence, (), {})
    assert list(found) == PATHS
    assert all(0 <= found[path] <= free[path] <= 1 for path in PATHS)
    assert found == confidence(DATA, evidence, reversed(flags), certainty)


@given(st.text())
def test_quoted_text_is_short_printable_and_one_line(text):
    said = quoted(text, 10)
    assert said.isprintable()
    assert len(said) <= 12
