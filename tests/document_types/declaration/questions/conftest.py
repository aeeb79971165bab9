"""The worked examples as passages: a form in cells, and one in running text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from worked_examples import EXAMPLES, passage_of, printed

if TYPE_CHECKING:
    from structurer.passage import Passage


@pytest.fixture(scope="session")
def cells() -> Passage:
    """A form in tab cells, with an indicator that only its left half has."""
    return passage_of(printed(EXAMPLES[0]))


@pytest.fixture(scope="session")
def running_text() -> Passage:
    """A form in running text, with a name that wraps around its target."""
    return passage_of(printed(EXAMPLES[1]))
