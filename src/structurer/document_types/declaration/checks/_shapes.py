"""What kind of thing a target is: money, a rate, a date, a span of time, a count, words."""

from __future__ import annotations

import re
from enum import StrEnum


class Shape(StrEnum):
    """The kind of a target, by its form alone."""

    MONEY = "an amount of money"
    RATE = "a rate"
    DATE = "a date"
    TIME = "a span of time"
    COUNT = "a count"
    NUMBER = "a bare number"
    PROMPT = "a word for promptness"
    WORDS = "words"


_PROMPT = re.compile(r"(?:及时|按时|按期|准时|如期)(?:完成|到位|发放|支付|拨付|足额|性)*")
_SHAPES = (
    (Shape.MONEY, re.compile(r"元|\d[万亿](?:以[上下内]|之内|之间|内)?$")),
    (Shape.RATE, re.compile(r"[%‰]|百分")),
    (
        Shape.DATE,
        re.compile(
            r"(?<![\d.])(?:19|20)\d\d(?:年|[-/]\d|\.(?:0?[1-9]|1[0-2])(?!\d))|\d月|[年月]底|[年月]末|年初|\d[日号](?:之?前|$)"
        ),
    ),
    (
        Shape.TIME,
        re.compile(r"\d个?(?:年|月|周|星期|天|日|工作日|小时|时|分钟|季|学期)|[每按当][年月日周天季]|全年"),
    ),
    (Shape.NUMBER, re.compile(r"^[^\w]*[\d.,]+$")),
    (
        Shape.COUNT,
        re.compile(r"\d|^[一二两三四五六七八九十百千万]+(?:个|项|次|家|名|人|户|套|份|座|条|处|所|本|台|辆)"),
    ),
)


def shape(target: str) -> Shape:
    """Return the kind of a target (NFKC, without white space): the most telling sign in it decides."""
    if _PROMPT.fullmatch(target):
        return Shape.PROMPT
    for kind, sign in _SHAPES:
        if sign.search(target):
            return kind
    return Shape.WORDS
