"""Bytes to documents: formats, encodings, pages."""

from __future__ import annotations

from structurer.documents.decoding import ENCODINGS, canonical_encoding
from structurer.documents.formats import READABLE_EXTENSIONS
from structurer.documents.reading import MAX_BYTES, document_from_bytes, read_document

__all__ = [
    "ENCODINGS",
    "MAX_BYTES",
    "READABLE_EXTENSIONS",
    "canonical_encoding",
    "document_from_bytes",
    "read_document",
]
