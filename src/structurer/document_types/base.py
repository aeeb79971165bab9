"""What a document type brings: its layout reader, its checks, and how its values stand in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structurer.checks import Check
    from structurer.grounding import ValueKind
    from structurer.models import Chunk, Document, Extraction, Segment


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One kind of form. ``name`` is also the name of its JSON Schema.

    ``read_layout`` reads one chunk by its layout; ``value_kind`` says, for a path of the data, how its
    value must stand in the text; ``checks`` run in their order.
    """

    name: str
    schema_version: str
    read_layout: Callable[[Document, Chunk, Sequence[Segment]], Extraction]
    value_kind: Callable[[str], ValueKind]
    checks: tuple[Check, ...]
