"""Bounds of a share that was seen in a few trials, without more than Python brings.

Clopper and Pearson's exact bounds (1934, Biometrika 26), one-sided, by the regularized incomplete beta
function: its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22) is put together by
Lentz's method, and turned round by halving.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_HALVINGS = 60
_TERMS = 10_000
_CLOSE = 1e-14
_TINY = 1e-300


def at_least(events: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided lower bound of a probability; 0 where nothing was seen.

    Raises ``ValueError`` when there are more events than trials.
    """
    _refuse(events, trials)
    return _turned(events, trials - events + 1, 1 - confidence) if events else 0.0


def at_most(events: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound of a probability; 1 where nothing was seen. See ``at_least``."""
    _refuse(events, trials)
    return _turned(events + 1, trials - events, confidence) if events < trials else 1.0


def _refuse(events: int, trials: int) -> None:
    if not 0 <= events <= trials:
        raise ValueError(f"{events} events among {trials} trials cannot be")


def _turned(a: float, b: float, share: float) -> float:
    """Return where the incomplete beta function of a and b takes a value."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _incomplete_beta(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * _continued_fraction(a, b, x)


def _continued_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    product = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            product *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return product


def _not_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
