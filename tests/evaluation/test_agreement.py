from __future__ import annotations

import pytest

from structurer.evaluation.agreement import NO_ROW, AgreementError, agreement, alpha


def by_group(measured):
    return {group.group: group for group in measured.groups}


def test_alpha_by_hand():
    """Krippendorff 2011, A: 10 binary values, 6 equal; o01 = 4, n0 = 14, n1 = 6: α = 0.095."""
    meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(zip(meg, owen, strict=True)) == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_several_values_by_hand():
    """Krippendorff 2011, B: 12 values of five kinds, 9 equal: α = 0.692."""
    ben = list("aabbdcccedda")
    gerry = list("babbbccceddd")
    assert alpha(zip(ben, gerry, strict=True)) == pytest.approx(0.692, abs=5e-4)


def test_alpha_where_there_is_nothing_to_tell_apart():
    assert alpha([("0", "0"), ("0", "0")]) is None
    assert alpha([]) is None
    assert alpha([("0", "1"), ("1", "0")]) < 0


def test_equal_labels_agree_in_everything(label, data):
    labels = [label(data(phone=str(n)), ordinal=n) for n in range(1, 6)]
    measured = agreement(labels, labels)
    assert measured.differences == ()
    assert measured.declarations == 5
    assert {group.alpha for group in measured.groups if group.group != "uncertain"} == {1.0}
    assert by_group(measured)["uncertain"].alpha is None
    assert by_group(measured)["name"].values == 30


def test_what_the_guide_forgives_is_no_difference(label, data):
    one = label(data(overview="加固河堤（北岸）。", funding__annual__total="6000000"))
    other = label(data(overview="加固 河堤(北岸)。", funding__annual__total="6000000.00"))
    assert agreement([one], [other]).differences == ()


def test_every_difference_is_listed_in_its_group(label, data):
    one = label(data(phone="1"), rows=[0])
    other = label(
        data(phone=None, funding__annual__total="600000", indicators__1__target="13处"), fields=["overview"]
    )
    measured = agreement([one], [other])
    assert {(d.group, d.path_a, d.a, d.b) for d in measured.differences} == {
        ("people", "phone", "1", None),
        ("money", "funding.annual.total", "6000000", "600000"),
        ("target", "indicators.1.target", "12处", "13处"),
        ("uncertain", "indicators.0", "True", "False"),
        ("uncertain", "overview", "False", "True"),
    }
    people = by_group(measured)["people"]
    assert (people.values, people.equal) == (4, 3)
    assert 0 < people.alpha < 1


def test_a_row_that_one_has_not_counts_in_all_its_groups(label, data):
    rows = data()["indicators"]
    fewer = label({**data(), "indicators": rows[:-1]})
    for a, b in ((label(), fewer), (fewer, label())):
        measured = agreement([a], [b])
        assert {d.group for d in measured.differences} == {"half", "level", "name", "target"}
        assert all(NO_ROW in (d.a, d.b) for d in measured.differences)


def test_the_order_of_the_rows_of_a_half_is_no_difference_of_values(label, data):
    rows = data()["indicators"]
    swapped = label({**data(), "indicators": [rows[1], rows[0], *rows[2:]]})
    assert agreement([label()], [swapped]).differences == ()


def test_the_interval_is_by_declaration(label, data):
    """Five differences in one declaration are less certain than one in each of five."""

    def labellers(places):
        one, other = [], []
        for n in range(1, 21):
            read = {f"indicators__{row}__target": f"{row}甲{n}" for row in range(6)}
            wrong = {f"indicators__{row}__target": f"{row}乙{n}" for ordinal, row in places if ordinal == n}
            one.append(label(data(**read), ordinal=n))
            other.append(label(data(**(read | wrong)), ordinal=n))
        return by_group(agreement(one, other))["target"]

    together = labellers([(1, row) for row in range(5)])
    apart = labellers([(n, 0) for n in range(1, 6)])
    assert together.alpha == pytest.approx(apart.alpha)
    assert together.high - together.low > 1.5 * (apart.high - apart.low)
    assert together.low <= together.alpha <= together.high


def test_the_same_seed_gives_the_same_interval(label, data):
    one = [label(data(phone=str(n)), ordinal=n) for n in range(9)]
    other = [label(data(phone=str(n // 2)), ordinal=n) for n in range(9)]
    first, again = agreement(one, other), agreement(one, other)
    assert first == again
    people = by_group(first)["people"]
    assert people.low < people.alpha < people.high


def test_declarations_that_one_labelled_are_told(label):
    a = [label(ordinal=n) for n in (1, 2)]
    b = [label(ordinal=n) for n in (2, 3)]
    measured = agreement(a, b)
    assert (measured.declarations, measured.only_a, measured.only_b) == (1, (("a.txt", 1),), (("a.txt", 3),))
    with pytest.raises(AgreementError, match="no declaration"):
        agreement(a[:1], b)
    assert measured.as_dict()["only_a"] == [["a.txt", 1]]
