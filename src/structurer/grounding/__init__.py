"""Where a value stands in the text, and how well: the place is proved, never believed.

``TextIndex`` is built once for a document. ``ground`` finds a value that nobody has placed; ``verify``
checks the place that an engine gave. Both return ``models.Evidence``.
"""

from __future__ import annotations

from structurer.grounding.folding import fold
from structurer.grounding.index import TextIndex
from structurer.grounding.search import ValueKind, ground
from structurer.grounding.verification import verify

__all__ = ["TextIndex", "ValueKind", "fold", "ground", "verify"]
