"""What a run leaves behind: JSON Lines, CSV, a workbook, a report."""

from __future__ import annotations

from structurer.exports.folder import RunFolder, require_writable
from structurer.exports.report import Counts, RunHead

__all__ = ["Counts", "RunFolder", "RunHead", "require_writable"]
