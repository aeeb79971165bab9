"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Encoding = Annotated[
    str | None,
    typer.Option(
        help="Encoding of the text (utf-8, gb18030, big5, utf-16, …); found for each file if not given."
    ),
]
EncodingErrors = Annotated[
    str | None,
    typer.Option(help="Bytes that the encoding does not know: 'strict' (fail) or 'replace' (by U+FFFD)."),
]

Engine = Annotated[
    str | None,
    typer.Option(
        help="'layout' (offline), 'model', or 'hybrid' (layout first, the model where in doubt); "
        "hybrid if a model is named, else layout.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="The model to ask, as its server calls it.",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="A server that speaks the OpenAI protocol, as http://127.0.0.1:8000/v1; OpenAI's if not given. "
        "Its key is taken from OPENAI_API_KEY.",
    ),
]
Answers = Annotated[
    str | None,
    typer.Option(
        help="How the model answers: 'point' (at numbered pieces of the text) or 'transcribe' (weak models).",
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        help="How the answer's shape is enforced: tools, json_schema, json, md_json; found out if not given.",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        help="US dollars that this run may spend in all, restarts included. Never exceeded.",
    ),
]
Price = Annotated[
    str | None,
    typer.Option(
        metavar="IN/OUT",
        help="Dollars for a million input and output tokens, as 0.15/0.60; known for well-known models.",
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        help="The most requests in flight.",
    ),
]
RequestsPerMinute = Annotated[
    int | None,
    typer.Option(
        "--rpm",
        help="The most requests a minute.",
    ),
]
TokensPerMinute = Annotated[
    int | None,
    typer.Option(
        "--tpm",
        help="The most tokens a minute.",
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where answers and their cost are kept; sqlite:///structurer.db if not given.",
    ),
]
Calibration = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What confidences are worth, as structurer eval calibrate wrote it: each is given by it.",
    ),
]


def _inside(share: float | None) -> float | None:
    if share is not None and not 0 < share < 1:
        raise typer.BadParameter("give a share between 0 and 1, as 0.005")
    return share


TargetError = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        callback=_inside,
        help="The share of values without a flag that may be wrong, as 0.005.",
    ),
]


def split_price(price: str | None) -> dict[str, str | None]:
    """Return ``0.15/0.60`` as the two settings that it stands for."""
    if price is None:
        return {}
    entered, _, left = price.partition("/")
    return {"price_input": entered, "price_output": left or None}
