"""Reading the files of an audit, with errors that a user can mend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from structurer.evaluation.audit.plan import AuditError

if TYPE_CHECKING:
    from pathlib import Path


def read_json(path: Path, expected: str) -> dict[str, Any]:
    """Return the JSON object of a file. Raises ``AuditError``, which names what was ``expected``."""
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AuditError(f"{path}: cannot be read ({error.strerror}); name {expected}") from error
    except ValueError as error:
        raise AuditError(f"{path}: is no JSON ({error}); name {expected}") from error
    if not isinstance(values, dict):
        raise AuditError(f"{path}: is no JSON object; name {expected}")
    return values
