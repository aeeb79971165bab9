"""Values that stand in the text but for a few characters that a scanner misread.

Never for what carries a meaning of its own: digits, Chinese numerals, signs of comparison, per
cent and negations must be the same, in the same order.
"""

from __future__ import annotations

import re
import string
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from structurer.grounding.index import Stretch, TextIndex

_SHORTEST = 6
"""Shorter values are only found as printed: a changed character makes another word."""
_LONG = 48
"""From here on what is tolerated grows with the logarithm of the length."""

_MOST_PLACES = 50
"""Places that are looked at closely; bounds the work on text that repeats itself."""

# Characters that look alike in print; those of one word are taken for each other.
_LOOK_ALIKE = """
    已己巳 未末木本 土士工 日曰目 人入八 千干于 天夭无 大太犬 治冶 侯候 拔拨 货贷 帐账 晴睛 折拆析
    市巿 戌戍戊 崇祟 今令 兔免 乌鸟 住往佳 洒酒 徒徙 微徽 暖暧 壁璧 辨辩辫 券卷 容客 西酉 由田甲申电
    车东 量最 标栋 效郊 项顶 经轻 几儿 力刀 九丸 巨臣 见贝 问间 门们 没设 村材林 技枝 持特待侍 准淮
    例列 代伐 氏民 第弟笫 预须 完宪 官宫 买卖 理埋 即既 历厉 广厂 休体 师帅 爱受 处外 复夏 资货 规现
    环坏 拓柘 积职 收牧 传转 续读 清请情 0OoQ 1lI|! 2Z 5S 8B ,.、;; :; .。· () -—–_ ~～- "“”'‘’
"""
_CONFUSED = frozenset(a + b for word in _LOOK_ALIKE.split() for a in word for b in word if a != b)
_LIGHT = frozenset(string.ascii_letters + ",.、;:。·()[]【】〔〕《》<>“”\"'‘’-—–_~!?！？")

_LETTERS_FOR_DIGITS = str.maketrans("OolI", "0011")
_MEANINGFUL = re.compile(r"[0-9]+(?:\.[0-9]+)?|[一二两三四五六七八九十百千万亿零〇%‰≥≤><=±不未无非免禁负]")


class Misreading(NamedTuple):
    """A place in the folded text that may be a misread print of a value, and what that would cost."""

    place: Stretch
    cost: int


def tolerance(length: int) -> int:
    """Return the greatest cost at which a value of ``length`` characters still counts as printed.

    One for a confusion of look-alikes, a mark of punctuation or a Latin letter, two for any other edit.
    Nothing under 6 characters, one from 6, two from 12, three from 18, four from 48, and one more each time
    the length doubles: two changed characters in the middle of a unit's name make another unit.
    """
    if length < _LONG:
        return min(length // _SHORTEST, 3)
    return 3 + (length // _LONG).bit_length()


def look_alikes(character: str) -> str:
    """Return the characters that scanners take for this one; nothing where there are none."""
    words = (word for word in _LOOK_ALIKE.split() if character in word)
    return "".join(word.replace(character, "") for word in words)


def misreading_cost(value: str, printed: str) -> int | None:
    """Return the cost of taking ``printed`` for a misread ``value``, or ``None`` beyond ``tolerance``.

    Both folded. An edit at either end must be a confusion of look-alikes, because a cut-off or a longer
    print is another value.
    """
    allowed = tolerance(len(value))
    if Levenshtein.distance(value, printed, score_cutoff=allowed) > allowed:
        return None
    if _meaningful(value) != _meaningful(printed):
        return None
    cost = 0
    for edit in Levenshtein.editops(value, printed):
        old = value[edit.src_pos] if edit.tag != "insert" else ""
        new = printed[edit.dest_pos] if edit.tag != "delete" else ""
        confused = old + new in _CONFUSED
        at_an_end = edit.src_pos in (0, len(value) if edit.tag == "insert" else len(value) - 1)
        if at_an_end and not confused:
            return None
        cost += 1 if confused or _LIGHT.issuperset(old + new) else 2
    return cost if cost <= allowed else None


def _meaningful(text: str) -> list[str]:
    return _MEANINGFUL.findall(text.translate(_LETTERS_FOR_DIGITS))


def find_misread(index: TextIndex, value: str, region: Stretch) -> list[Misreading]:
    """Return the places in a region where ``value`` (folded) stands misread, the cheapest first.

    Places where it stands as it is are not among them.

    Of the ``tolerance + 1`` parts of a value at least one is printed unharmed (pigeonhole; Navarro, A guided
    tour to approximate string matching, 2001, section 8), so only places around such a part are looked at.
    """
    allowed = tolerance(len(value))
    if not allowed:
        return []
    text = index.folded
    found: dict[Stretch, int] = {}
    for start in _candidate_starts(text, value, region, allowed):
        place = _best_place(index, value, start, region, allowed)
        if place is None or place in found:
            continue
        cost = misreading_cost(value, text[place.first : place.last])
        if cost:
            found[place] = cost
    return _apart([Misreading(place, cost) for place, cost in sorted(found.items())])


def _candidate_starts(text: str, value: str, region: Stretch, allowed: int) -> list[int]:
    """Return where the value would start, after each unharmed part of it: the most alike places."""
    parts = allowed + 1
    bounds = [len(value) * part // parts for part in range(parts + 1)]
    distances: dict[int, int] = {}
    for first, last in pairwise(bounds):
        part = value[first:last]
        position = text.find(part, region.first, region.last)
        while position >= 0:
            start = position - first
            window = text[max(start, region.first) : start + len(value)]
            # Characters that are lost or added beside the part shift the window's ends by as many.
            distance = Levenshtein.distance(value, window, score_cutoff=2 * allowed)
            if distance <= 2 * allowed:
                distances[start] = distance
            position = text.find(part, position + 1, region.last)
    # `_best_place` looks at the starts close by, too.
    likeliest: list[int] = []
    for start in sorted(distances, key=lambda start: (distances[start], start)):
        if all(abs(start - other) > allowed for other in likeliest):
            likeliest.append(start)
            if len(likeliest) == _MOST_PLACES:
                break
    return likeliest


def _best_place(index: TextIndex, value: str, start: int, region: Stretch, allowed: int) -> Stretch | None:
    """Return the stretch around ``start`` that is most like the value, broken at white space if it can be."""
    text = index.folded
    best: tuple[int, int, int, Stretch] | None = None
    for first in range(max(start - allowed, region.first), start + allowed + 1):
        for last in range(first + len(value) - allowed, first + len(value) + allowed + 1):
            if last > region.last or last <= first:
                continue
            distance = Levenshtein.distance(value, text[first:last], score_cutoff=allowed)
            if distance > allowed:
                continue
            ragged = (not index.opens(first)) + (not index.opens(last))
            candidate = (distance, ragged, abs(first - start), type(region)(first, last))
            if best is None or candidate < best:
                best = candidate
    return best[3] if best else None


def _apart(found: list[Misreading]) -> list[Misreading]:
    """Keep the cheapest of places that overlap."""
    kept: list[Misreading] = []
    for misreading in sorted(found, key=lambda m: (m.cost, m.place)):
        place = misreading.place
        if all(place.last <= other.place.first or other.place.last <= place.first for other in kept):
            kept.append(misreading)
    return kept
