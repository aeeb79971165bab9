"""What tokens cost."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path

from structurer.llm.server import is_local

_TABLE = Path(__file__).with_name("prices.toml")
_NANO_PER_TOKEN = 1000
"""A dollar per million tokens is 1,000 nano-dollars per token."""

# What providers put behind a model's name without changing its price. Other suffixes name other models.
_VERSION = re.compile(r"(-\d{4}-\d{2}-\d{2}|-\d{4,8})?(-latest)?")


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars per million tokens of input and of output."""

    input: Decimal
    output: Decimal

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> int:
        """Return what so many tokens cost, in nano-dollars, rounded up. A batch costs half.

        Input that the provider has cached may be cheaper; it is charged in full here.
        """
        nano = (self.input * input_tokens + self.output * output_tokens) * _NANO_PER_TOKEN
        return int((nano / 2 if batch else nano).to_integral_value(ROUND_CEILING))


FREE = Prices(Decimal(0), Decimal(0))


def price_of(model: str, base_url: str | None) -> Prices | None:
    """Return a model's list price; free for an unlisted model on a local server; else ``None``: unknown.

    The longest listed name counts that the model's name begins with, if a version is all that follows
    (``gpt-4o-2024-08-06``).
    """
    listed = _listed()
    names = [
        name
        for name in listed
        if model.startswith(name) and _VERSION.fullmatch(model, pos=len(name)) is not None
    ]
    if names:
        return listed[max(names, key=len)]
    return FREE if is_local(base_url) else None


@cache
def _listed() -> dict[str, Prices]:
    models = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["models"]
    return {name: Prices(Decimal(price["input"]), Decimal(price["output"])) for name, price in models.items()}
