from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from structurer.store import Journal, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The file that the journal of this test is in."""
    return tmp_path / "work.db"


@pytest.fixture
def journal(database: Path) -> Iterator[Journal]:
    """An empty journal on a real database."""
    with Store.open(f"sqlite:///{database}") as store:
        yield Journal(store)
