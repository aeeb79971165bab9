from __future__ import annotations

from collections import Counter
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from structurer.evaluation.rows import match_rows, neighbours, order_errors, same_row


def row(name, target="1", level2="数量指标", scope="annual"):
    return {"scope": scope, "level2": level2, "name": name, "target": target}


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["甲乙", "甲乙丙", "甲丁", "戊己", None]),
        st.sampled_from(["1", "2", None]),
        st.sampled_from(["数量指标", "质量指标"]),
        st.sampled_from(["annual", "implementation_period"]),
    ),
    max_size=6,
)


def test_equal_names_are_paired_in_reading_order():
    match = match_rows([row("树", "1"), row("树", "2")], set(), [row("树", "7"), row("树", "8")])
    assert match.pairs == ((0, 0), (1, 1))


def test_the_block_comes_before_other_blocks():
    gold = [row("树", level2="质量指标")]
    match = match_rows(gold, set(), [row("树", "1"), row("树", "2", level2="质量指标")])
    assert match.pairs == ((0, 1),)
    assert match.extra == (0,)


def test_a_name_is_found_under_another_level_and_in_the_other_half():
    gold = [row("树"), row("草")]
    read = [row("草", scope="implementation_period"), row("树", level2="质量指标")]
    assert match_rows(gold, set(), read).pairs == ((0, 1), (1, 0))


def test_a_cut_off_name_is_the_row_of_its_target_but_another_name_is_not():
    assert match_rows([row("第三方检测费", "9")], set(), [row("第三方检", "9")]).pairs == ((0, 0),)
    for read in (row("第三方检", "8"), row("灌溉面积", "9"), row(None, "9")):
        match = match_rows([row("第三方检测费", "9")], set(), [read])
        assert (match.missing, match.extra) == ((0,), (0,))


def test_alike_names_leave_as_few_rows_alone_as_can_be():
    # 甲乙丙丁 is most like the first, but only the first can be given 甲乙.
    gold = [row("甲乙丙"), row("甲丙丁丁")]
    match = match_rows(gold, set(), [row("甲乙丙丁"), row("甲乙")])
    assert match.pairs == ((0, 1), (1, 0))


def test_an_uncertain_row_absorbs_the_row_of_its_name_in_its_half():
    gold = [row("树", "1"), row("树", None)]
    read = [row("树", "9", level2="质量指标"), row("树", "1")]
    match = match_rows(gold, {1}, read)
    assert match.pairs == ((0, 1),)
    assert match.absorbed == ((1, 0),)
    other_half = match_rows(gold, {1}, [row("树", "1"), row("树", "1", scope="implementation_period")])
    assert other_half.unread == (1,)
    assert other_half.extra == (1,)


def test_an_uncertain_row_absorbs_its_equal_before_anything_like_it():
    gold = [row("树", "2"), row("树", "2", level2="质量指标")]
    match = match_rows(gold, {0}, [row("树", "1"), row("树", "2")])
    assert match.absorbed == ((0, 1),)


def test_content_and_not_order_says_which_row_is_left_over():
    gold = [row("树", "9"), row("第三方检测费", "9")]
    read = [row("树", "2"), row("树", "1"), row("第三方测费", "9"), row("第三方检费", "9")]
    for there in (read, read[::-1]):
        left = [there[n]["target"] + there[n]["name"] for n in match_rows(gold, set(), there).extra]
        assert sorted(left) == ["2树", "9第三方测费"]


def test_the_neighbours_of_a_gap_are_the_nearest_rows_read_of_its_block():
    gold = [row("甲"), row("乙"), row("丙"), row("丁"), row("戊", level2="质量指标")]
    match = match_rows(gold, {0}, [row("丁"), row("甲"), row("戊", level2="质量指标")])
    assert match.missing == (1, 2)
    assert neighbours(match, gold, 1) == (1, 0)
    only = match_rows(gold, set(), [row("甲"), row("乙"), row("丁")])
    assert neighbours(only, gold, 2) == (1, 2)
    alone = match_rows(gold, set(), [row("戊", level2="质量指标")])
    assert neighbours(alone, gold, 1) == ()


def test_order_errors_are_the_rows_to_move():
    gold = [row(name) for name in "甲乙丙丁"]
    for read, expected in (("甲乙丙丁", 0), ("丁甲乙丙", 1), ("丁丙乙甲", 3), ("乙丁", 0)):
        there = [row(name) for name in read]
        assert order_errors(match_rows(gold, set(), there), gold, there) == expected


def test_the_halves_may_come_in_either_order():
    gold = [row("甲"), row("甲", scope="implementation_period")]
    read = gold[::-1]
    assert order_errors(match_rows(gold, set(), read), gold, read) == 0


@given(rows, rows, st.sets(st.integers(0, 5)))
def test_every_row_is_used_exactly_once(gold, read, uncertain):
    match = match_rows(gold, uncertain, read)
    sides = [pair.gold for pair in match.pairs + match.absorbed] + [*match.missing, *match.unread]
    assert sorted(sides) == list(range(len(gold)))
    assert sorted([pair.read for pair in match.pairs + match.absorbed] + [*match.extra]) == [
        *range(len(read))
    ]
    assert {pair.gold for pair in match.absorbed} | {*match.unread} == uncertain & {*range(len(gold))}


@given(rows, rows)
def test_strictly_right_rows_are_the_most_that_any_pairing_reaches(gold, read):
    match = match_rows(gold, set(), read)
    right = sum(same_row(gold[pair.gold], read[pair.read]) for pair in match.pairs)
    counts = Counter(tuple(r.values()) for r in gold) & Counter(tuple(r.values()) for r in read)
    assert right == counts.total()


@given(st.lists(st.sampled_from(["甲乙丙", "甲丙丁丁", "甲乙", "丁丁"]), max_size=4), st.data())
def test_alike_names_are_paired_as_often_as_brute_force_finds(names, draw):
    gold = [row(name) for name in names]
    read = [
        row(f"{name}*")
        for name in draw.draw(st.lists(st.sampled_from(["甲乙", "甲丁丁", "乙丙"]), max_size=4))
    ]
    possible = {(g, r) for g in range(len(gold)) for r in range(len(read)) if pairs_alone(gold[g], read[r])}
    best = (
        max(
            sum((g, r) in possible for g, r in enumerate(order))
            for order in permutations([*range(len(read)), -1, -2, -3, -4])
        )
        if gold
        else 0
    )
    assert len(match_rows(gold, set(), read).pairs) == best


def pairs_alone(gold, read):
    return bool(match_rows([gold], set(), [read]).pairs)
