"""Bytes to text, for the encodings that Chinese offices have used.

The order is fixed: a byte-order mark, NUL bytes (UTF-16 without a mark), strict UTF-8, and only then
the legacy encodings, which are told apart by how ordinary the text is that they give. GB 2312 and
Big5 each put the characters that people use on a first level (3,755 and 5,401 characters); text
decoded with the right one stands almost wholly on that level, decoded with the wrong one about half.

Why not charset-normalizer: on 300 cuts each of budget sentences (GB 18030 in both scripts, Big5,
UTF-16 without a mark) this is right on 95% or more at 5 characters, 99.7% at 10 and all at 20.
charset-normalizer, told to choose among these encodings only, is right on 87% of simplified GB 18030
at 5 characters and 97% at 10, never on UTF-16 without a mark; left free, on 17% and 47%.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from structurer.errors import BinaryDocumentError, UndecodableDocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

ErrorsMode = Literal["strict", "replace"]

_SAMPLE = 32_768
"""Characters that are looked at to tell legacy encodings apart."""

_LEAST_ORDINARY = 0.55
"""Below this no legacy encoding is believed."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_CANONICAL = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "cp950": "big5",
}

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5")
"""The canonical names; GBK and GB 2312 are read as GB 18030, which holds both."""

# Python's "big5" lacks characters that Windows added and offices used: the euro sign, 碁, box lines.
_CODEC = {"big5": "cp950"}


class Decoded(NamedTuple):
    """Text, and the canonical name of the encoding that it was decoded with."""

    text: str
    encoding: str


def canonical_encoding(name: str) -> str:
    """Return the canonical name of an encoding; raise ``ValueError`` for one that is not read."""
    try:
        return _CANONICAL[codecs.lookup(name).name]
    except (LookupError, ValueError):
        known = ", ".join(ENCODINGS)
        raise ValueError(f"unknown encoding {name!r}; known are {known}") from None


def decode(data: bytes, name: str, encoding: str | None = None, errors: ErrorsMode = "strict") -> Decoded:
    """Return the text of ``data``, with the given encoding or the one found.

    A byte-order mark is dropped. ``name`` is the file's, for messages. Raises
    ``UndecodableDocumentError`` with the offset of the first byte that does not fit, and
    ``BinaryDocumentError`` for bytes that look like no text at all.
    """
    chosen = _detect(data, name, errors) if encoding is None else canonical_encoding(encoding)
    try:
        text = data.decode(_codec(chosen), errors)
    except UnicodeDecodeError as error:
        raise UndecodableDocumentError(
            name,
            f"not valid {chosen} at byte {error.start}; give the right one with --encoding, "
            "or accept replacement characters with --encoding-errors replace",
        ) from error
    return Decoded(text.removeprefix("\ufeff"), chosen)


def _codec(encoding: str) -> str:
    return _CODEC.get(encoding, encoding)


def _detect(data: bytes, name: str, errors: ErrorsMode) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data:
        return _utf16_byte_order(data, name)
    if _decodes(data, "utf-8") or _is_damaged_utf8(data):
        return "utf-8"
    legacy = _most_ordinary(data, errors)
    if legacy is None:
        raise UndecodableDocumentError(
            name, f"no encoding found that fits ({', '.join(ENCODINGS)}); say which with --encoding"
        )
    return legacy


def _utf16_byte_order(data: bytes, name: str) -> str:
    """Tell the byte order of UTF-16 without a mark; NUL bytes in anything else are no text.

    The share of NULs on either side does not decide it: 一 is U+4E00, so either side has some.
    """
    valid = [encoding for encoding in ("utf-16-le", "utf-16-be") if _decodes(data, encoding)]
    shares = {encoding: _ordinary_share(data, encoding) for encoding in valid}
    best = max(valid, key=shares.__getitem__, default=None)
    if best is None or shares[best] < _LEAST_ORDINARY:
        raise BinaryDocumentError(name, "holds NUL bytes, so it is no text file; convert it to text first")
    return best


def _is_damaged_utf8(data: bytes) -> bool:
    """Say whether nearly all beyond ASCII is UTF-8: then a few bad bytes do not make it GB 18030."""
    text = data[: 4 * _SAMPLE].decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for character in text if character > "\x7f") - bad
    return good > 10 * bad


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(_codec(encoding))
    except UnicodeDecodeError:
        return False
    return True


def _most_ordinary(data: bytes, errors: ErrorsMode) -> str | None:
    """Return the encoding whose text is the most ordinary Chinese, ``None`` where no text is.

    One that does not decode every byte can win: it is then the right one for a damaged file, and
    decoding it strictly says at which byte the damage is.
    """
    candidates = ("gb18030", "big5", "utf-16-le", "utf-16-be")
    shares = {encoding: _ordinary_share(data, encoding) for encoding in candidates}
    best = max(candidates, key=shares.__getitem__)
    return best if shares[best] >= _LEAST_ORDINARY or errors == "replace" else None


def _ordinary_share(data: bytes, encoding: str) -> float:
    """Return how ordinary the text is, in [0, 1], that the bytes give in that encoding.

    A character of the first level counts one. A character of the other script's first level counts
    half: GB 18030 and UTF-16 can hold both scripts, and few texts in them use the other one. ASCII
    counts in UTF-16 only; in the others it is the same bytes whatever the encoding.
    """
    text = data[: 4 * _SAMPLE].decode(_codec(encoding), "replace")[:_SAMPLE]
    if not encoding.startswith("utf-16"):
        text = _PRINTABLE_ASCII.sub("", text)
    weights = _weights(encoding)
    return sum(weights.get(character, 0.0) for character in text) / max(len(text), 1)


@cache
def _weights(encoding: str) -> Mapping[str, float]:
    simplified = _rows(0xA1, 0xA3, "gb2312") | _rows(0xB0, 0xD7, "gb2312")
    traditional = _rows(0xA1, 0xA3, "cp950") | _rows(0xA4, 0xC6, "cp950")
    if encoding == "big5":
        return dict.fromkeys(traditional, 1.0)
    if encoding == "gb18030":
        return {**dict.fromkeys(traditional, 0.5), **dict.fromkeys(simplified, 1.0)}
    ascii_text = set(map(chr, range(0x20, 0x7F))) | set("\t\n\r\f")
    return dict.fromkeys(simplified | traditional | ascii_text, 1.0)


def _rows(first: int, last: int, codec: str) -> frozenset[str]:
    """Return the two-byte characters whose lead byte is in ``first`` to ``last``."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in trails)
    return frozenset(
        text for pair in pairs if len(text := pair.decode(codec, "ignore")) == 1 and text > "\x7f"
    )


_PRINTABLE_ASCII = re.compile("[\t\n\r\f -~]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1c-\x1f]")


def refuse_control_characters(text: str, name: str) -> None:
    """Raise ``BinaryDocumentError`` where control characters show that this is no text.

    A stray one is what old printers and scanners leave behind, and stays; one in a hundred, or any
    NUL, is a binary file that happened to decode.
    """
    sample = text[:_SAMPLE]
    if "\0" in text or len(_CONTROL.findall(sample)) > max(len(sample) // 100, 1):
        raise BinaryDocumentError(name, "holds control characters, so it is no text file; convert it first")
