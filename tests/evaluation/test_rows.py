from __future__ import annotations

from collections import Counter
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from structurer.evaluation.rows import match_rows, merit, moves, neighbours, row_of


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


def test_moves_are_the_rows_to_move_into_order():
    for read, expected in (([0, 1, 2, 3], 0), ([1, 2, 3, 0], 1), ([3, 2, 1, 0], 3), ([7, 9], 0), ([], 0)):
        assert moves(read) == expected


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
    right = sum(row_of(gold[pair.gold]) == row_of(read[pair.read]) for pair in match.pairs)
    counts = Counter(tuple(r.values()) for r in gold) & Counter(tuple(r.values()) for r in read)
    assert right == counts.total()


@given(rows, rows)
def test_no_pairing_is_better(gold, read):
    match = match_rows(gold, set(), read)
    assert worth(gold, read, match.pairs) == best(gold, read)


@given(rows, rows, st.sets(st.integers(0, 5)), st.data())
def test_no_order_of_reading_changes_what_is_paired_with_what(gold, read, uncertain, draw):
    moved = draw.draw(st.permutations(read))
    one, two = match_rows(gold, uncertain, read), match_rows(gold, uncertain, moved)
    assert (one.missing, one.unread) == (two.missing, two.unread)
    for name in ("pairs", "absorbed"):
        assert [(g, read[r]) for g, r in getattr(one, name)] == [(g, moved[r]) for g, r in getattr(two, name)]


@given(rows, rows)
def test_rows_match_themselves_and_both_ways(gold, read):
    itself = match_rows(gold, set(), gold)
    assert all(row_of(gold[pair.gold]) == row_of(gold[pair.read]) for pair in itself.pairs)
    assert (itself.missing, itself.extra) == ((), ())
    forth, back = match_rows(gold, set(), read), match_rows(read, set(), gold)
    assert len(forth.pairs) == len(back.pairs)


@given(rows, rows, st.sets(st.integers(0, 5)), st.integers(0, 6))
def test_a_made_up_row_changes_nothing_but_itself(gold, read, uncertain, at):
    at = min(at, len(read))
    before = match_rows(gold, uncertain, read)
    after = match_rows(gold, uncertain, [*read[:at], row("无关之物"), *read[at:]])
    back = {n + (n >= at): n for n in range(len(read))}
    assert [(g, back[r]) for g, r in after.pairs] == [*before.pairs]
    assert [(g, back[r]) for g, r in after.absorbed] == [*before.absorbed]
    assert len(after.extra) == len(before.extra) + 1


def test_pairing_is_exact_for_long_forms():
    """Sixty rows that all could be paired with each other; only the likeness of targets tells which."""
    gold = [row("树", f"{n:02}株以上的成活树木") for n in range(60)]
    # The first character turns the order of their content around, so that it is of no help.
    read = [row("树", f"{chr(0x9000 - n)}{n:02}株以上的成活树木") for n in range(60)]
    assert match_rows(gold, set(), read[::-1]).pairs == tuple((n, 59 - n) for n in range(60))


def equal_merit(one, other):
    """Rows that are equal come first; then what `merit` says."""
    equal = row_of(one) == row_of(other)
    found = merit(row_of(one), row_of(other))
    return (1, *(found or (1, 1, 1, 3, 32))) if equal else found and (0, *found)


def worth(gold, read, pairs):
    found = [equal_merit(gold[g], read[r]) for g, r in pairs]
    assert None not in found
    return tuple(map(sum, zip((0,) * 6, *found, strict=True)))


def best(gold, read):
    """The best of all pairings, by trying each."""

    @cache
    def rest(n, free):
        if n == len(gold):
            return (0,) * 6
        options = [rest(n + 1, free)]
        for r in free:
            if found := equal_merit(gold[n], read[r]):
                options.append(tuple(a + b for a, b in zip(found, rest(n + 1, free - {r}), strict=True)))
        return max(options)

    return rest(0, frozenset(range(len(read))))
