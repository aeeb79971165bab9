"""Options that several commands have."""

from __future__ import annotations

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
