"""Where the files that belong to the package stand: in a checkout, or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def resource_folder(name: str) -> Path:
    """Return the folder of one kind of resource, such as ``schemas``.

    A wheel carries it inside the package (``structurer/_resources/<name>``); a checkout keeps it
    beside ``src``. The folder need not exist yet: in a checkout, ``schema export`` makes it.
    """
    installed = _PACKAGE / "_resources" / name
    return installed if installed.is_dir() else _CHECKOUT / name
