"""What all parts of the API share: identities in addresses, moments, and errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

LARGEST = 2**31 - 1
"""The largest number that a row of the store may have."""

Number = Annotated[int, Path(ge=1, le=LARGEST)]
"""A task's, run's or document's number in an address."""

Key = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{24}$", description="The record's id, the same in every run.", examples=["0" * 24]
    ),
]
"""A record's id in an address."""

Limit = Annotated[int, Query(ge=1, le=200, description="How many to give at once.")]

Behind = Annotated[
    int | None, Query(ge=0, le=LARGEST, description="The `next` of the answer before this one.")
]


class Answer(BaseModel):
    """What all answers have in common: they say what they say, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClashAnswer(Answer):
    """A place that somebody changed after the version that a decision was made on."""

    at: str = Field(description="The address of the value or row.", examples=["funding.annual.total"])
    now: JsonValue = Field(description="What is there now.", examples=["1200000"])
    who: str = Field(description="Who put it there.", examples=["ann"])
    yours: JsonValue = Field(description="What was about to be written.", examples=["1300000"])


class ErrorAnswer(Answer):
    """Why something was not done, in words for a person. Nothing was written."""

    error: str = Field(examples=["you do not have this declaration in hand any more"])
    details: list[str] | None = Field(None, description="Which parts of a request have no meaning, and why.")
    clashes: list[ClashAnswer] | None = Field(
        None, description="What was changed meanwhile, place by place; only where a version is stale."
    )
    version: int | None = Field(None, description="The version as it is now; only where one is stale.")


_WHY = {
    400: "What was asked for makes no sense here; `error` says why.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "The role does not allow it, or somebody else has it in hand.",
    404: "There is no such thing.",
    405: "This cannot be done at this address.",
    409: "The version is stale, the claim is lost, or something is still to be decided.",
    413: "What was sent is too large.",
    422: "Part of what was sent has no meaning; `details` says which.",
    503: "The database does not answer; try again in a moment.",
}


def errors(*more: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors that a route may answer: those that any route may, and these."""
    return {
        status: {"model": ErrorAnswer, "description": _WHY[status]}
        for status in sorted({401, 403, 422, 503, *more})
    }


def moment(milliseconds: int) -> datetime:
    """Return the moment so many milliseconds after the beginning of 1970 (UTC)."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
