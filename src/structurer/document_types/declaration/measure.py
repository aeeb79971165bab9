"""A target's text as a quantity: operator, number, unit, and what it is per.

Targets are a small language: an operator in signs or words, one number (or a range), a unit, one or
more "per" units, a word that sets a bound. This module reads exactly that language; a target that
says anything beside it is words.

Whether a bound includes its number follows 民法典 §1259: 以上, 以下 and 以内 include it, 超过 and 不足
do not.
"""

from __future__ import annotations

import re
from typing import Any

from structurer.text import bare

_OPERATORS = {
    "≥": "≥ >= => ≧ ⩾ ≮ 大于等于 大于或等于 不低于 不少于 不小于 不得低于 不得少于 不得小于 至少 最少",
    "≤": "≤ <= =< ≦ ⩽ ≯ 小于等于 小于或等于 不高于 不超过 不大于 不多于 不得高于 不得超过 至多 最多",
    ">": "> 大于 超过 高于 多于",
    "<": "< 小于 低于 少于 不足 不满",
    "=": "= 等于 达到 达",
}
_BOUNDS = {"≥": "以上 及以上 或以上 含以上", "≤": "以下 及以下 或以下 以内 之内 内"}
_COMPARISONS = {word: sign for sign, words in _OPERATORS.items() for word in words.split()}
_LIMITS = {word: sign for sign, words in _BOUNDS.items() for word in words.split()}

_UNITS = (
    "% ‰ 百分比 百分点 个百分点 元 美元 万 亿 人 人次 名 位 户 户次 家 个 项 次 趟 趟次 班次 车次 "
    "件 份 册 本 篇 期 批 批次 套 台 台次 台套 辆 架 艘 部 条 座 处 所 间 栋 幢 盏 根 株 棵 只 头 匹 "
    "羽 尾 块 片 张 支 枚 枝 盒 袋 瓶 箱 桶 包 组 对 双 款 场 场次 届 轮 门 节 课时 学时 学分 分 级 "
    "类 种 宗 例 起 点 眼 口 孔 井 村 乡 镇 社区 街道 班 校 企业 床 床位 岗位 路 站 池 卡 车 标段 号 "
    "平方 立方 平米 平方米 平方千米 平方公里 立方米 方 米 厘米 毫米 千米 公里 里 延米 延长米 亩 公顷 "
    "顷 吨 千克 公斤 克 斤 升 毫升 度 千瓦 千瓦时 兆瓦 兆瓦时 瓦 吉焦 车公里 人公里 吨公里 年 年度 "
    "季 季度 半年 个月 月 周 星期 天 日 工作日 个工作日 自然日 小时 个小时 时 分钟 秒 学期 学年 "
    "采暖季 m km m2 m3 km2 mm cm kg g t l ml kwh kw mw mwh gj w °c db mg/l mg/m3 μg/m3"
)
_MAGNITUDES = "千万 百万 十万 万 亿 千 百"
_NUMERALS = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
# 一级, 三期, 一分 name or describe; they count nothing.
_NAMING_UNITS = frozenset("级期类点分号度时路位方对口部车双组门校片")


def _any_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = r"[-−]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_UNIT = rf"(?:{_any_of(_MAGNITUDES.split())})?(?:{_any_of(_UNITS.split())})"
_PER = rf"(?:[/·每]+{_UNIT})"
_TARGET = re.compile(
    rf"(?:每个?(?P<each>{_UNIT}))?"
    r"(?:控制在|保持在|在)?"
    rf"(?P<operator>{_any_of(list(_COMPARISONS))})?"
    rf"(?:(?P<low>{_NUMBER})(?P<low_unit>{_UNIT})?(?:-|~|—|–|至|到))?"
    rf"(?P<number>{_NUMBER}|[{''.join(_NUMERALS)}])(?P<unit>{_UNIT})?"
    rf"(?P<per>{_PER}*)"
    rf"(?P<limit>{_any_of(list(_LIMITS))}|之间)?",
    re.IGNORECASE,
)
_LATEX = (
    (re.compile(r"\\(?:geqslant|geq|ge)(?![A-Za-z])"), "≥"),
    (re.compile(r"\\(?:leqslant|leq|le)(?![A-Za-z])"), "≤"),
    (re.compile(r"\\(?:text|mathrm|rm|quad)(?![A-Za-z])|\\[,;:! ]|[${}\\]"), ""),
    (re.compile(r"(?<=m)\^"), ""),
)
_NUMBER_SIGNS = re.compile(
    "(?<![mM])[²³]|[¹¼-¾\u2070-\u2089\u2150-\u2189\u2460-\u24ff\u2776-\u2793\u3200-\u3370\u33e0-\u33fe]"
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:\.(?:0?[1-9]|1[0-2]))?")
_DAYS_IN_A_MONTH = 31


def measure(target: str | None) -> dict[str, Any] | None:
    r"""Return the quantity that a target states, in the shape of ``model.Measure``, or None.

    ``value`` is the number as printed, without thousands separators; a magnitude stays in the unit
    (``29万平方米`` is 29 万平方米) so that nothing is converted. ``unit`` and ``per`` are as printed but
    for width; several "per" units are joined with ``/`` (``310元/人/月`` is 元 per 人/月).
    ``operator`` is ``=`` where none is printed. A range is ``between`` with two values, lowest first.

    None means that the target is not one quantity and nothing else: words, a date (``2025年``,
    ``10月底前``), an approximation (``约30人``), a share of something (``投资额的10%``), two quantities.
    White space and LaTeX dress (``$\geq 95\%$``) carry no meaning.
    """
    # NFKC would turn ① and ² into digits of the number beside them.
    if target is None or _NUMBER_SIGNS.search(target):
        return None
    plain = _plain(target)
    match = _TARGET.fullmatch(plain)
    if match is None or _is_date(match):
        return None
    if match["number"] in _NUMERALS and (match["unit"] is None or match["unit"] in _NAMING_UNITS):
        return None
    per = [part for part in re.split(r"[/·每]+", match["per"]) if part]
    if match["each"] is not None:
        per.append(match["each"])
    quantity: dict[str, Any] = {"unit": match["unit"], "per": "/".join(per) or None}
    if match["low"] is not None:
        return _range(match, quantity)
    operator = _operator(match)
    if operator is None:
        return None
    return {"operator": operator, "value": _value(match["number"]), **quantity}


def _plain(target: str) -> str:
    """Return the target without white space, LaTeX dress and width."""
    plain = bare(target)
    if "\\" in plain or "$" in plain:
        for pattern, sign in _LATEX:
            plain = pattern.sub(sign, plain)
    return plain.rstrip("。;,")


def _operator(match: re.Match[str]) -> str | None:
    """Return the one operator that the target prints, ``=`` for none, None for a contradiction."""
    sign = _COMPARISONS[match["operator"] or "="]
    if match["limit"] is None:
        return sign
    limit = _LIMITS.get(match["limit"])
    return limit if sign in ("=", limit) else None


def _range(match: re.Match[str], quantity: dict[str, Any]) -> dict[str, Any] | None:
    """Return a range as ``between``; None when its ends do not belong together."""
    low, low_unit, number, unit = match["low"], match["low_unit"], match["number"], match["unit"]
    if match["operator"] is not None or match["limit"] not in (None, "之间") or number in _NUMERALS:
        return None
    if low_unit is not None and low_unit != unit:
        return None
    if float(_value(low)) >= float(_value(number)):
        return None
    return {"operator": "between", "value": [_value(low), _value(number)], **quantity}


def _is_date(match: re.Match[str]) -> bool:
    """Return whether the number counts within a calendar: a year, a month, a day of a month.

    A bare ``2025`` is a year; ``30日`` without a bound is a day of a month, ``30日内`` is thirty days.
    """
    number, unit = match["number"], match["unit"]
    if unit in ("月", "号"):
        return True
    if unit in (None, "年", "年度") and (_YEAR.fullmatch(number) or _YEAR.fullmatch(match["low"] or "")):
        return match["operator"] is None or unit is not None
    if unit == "日" and match["operator"] is None and match["limit"] is None:
        return float(_value(number)) <= _DAYS_IN_A_MONTH
    return False


def _value(number: str) -> str:
    if number in _NUMERALS:
        return str(_NUMERALS[number])
    return number.replace(",", "").replace("−", "-")
