"""Filings: bringing them in, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from fastapi import APIRouter, File, HTTPException, Request, UploadFile
from pydantic import Field

from structurer.review.receiving import Reception, Sent
from structurer.review.web.access import Reviewer, ServingOf, StoreOf
from structurer.review.web.api.answers import Answer, Number, errors, moment
from structurer.store.review.accounts import Role
from structurer.store.review.uploads import Uploads, UploadState

if TYPE_CHECKING:
    from structurer.store.review.uploads import Upload

router = APIRouter(prefix="/documents", tags=["documents"])


class ReceivedAnswer(Answer):
    """What came of a file that was sent."""

    name: str = Field(description="The file's name as it is kept.", examples=["county-2023.txt"])
    document: int | None = Field(description="Its number; null where it was not taken.")
    problem: str | None = Field(description="Why it was not taken.")


class DocumentAnswer(Answer):
    """A filing that somebody brought in, and what became of it."""

    id: int
    name: str
    size: int = Field(description="Bytes.")
    who: str
    at: datetime
    state: UploadState
    problem: str | None = Field(description="Why it could not be read.")
    declarations: int | None = Field(description="How many were found in it; null until it was read.")
    flagged: int | None = Field(description="How many of them have something doubtful.")
    filing: str | None = Field(description="What the queue calls it, to filter tasks by.")

    @classmethod
    def of(cls, upload: Upload) -> Self:
        """Return an upload as it is answered."""
        return cls(at=moment(upload.at), **{name: getattr(upload, name) for name in _AS_KEPT})


_AS_KEPT = ("id", "name", "size", "who", "state", "problem", "declarations", "flagged", "filing")


@router.post(
    "",
    operation_id="sendDocuments",
    summary="Bring filings in",
    status_code=202,
    responses=errors(400, 413),
)
def receive(
    request: Request,
    person: Reviewer,
    store: StoreOf,
    serving: ServingOf,
    files: Annotated[list[UploadFile], File(description="Text files; how many and how large has limits.")],
) -> list[ReceivedAnswer]:
    """Take files in, the good ones even where others are bad; they are structured soon after."""
    sent = [Sent(file.filename or "", file.file) for file in files]
    received = Reception(store, serving.uploads, serving.settings, person).receive(sent)
    request.app.state.working.wake()
    return [ReceivedAnswer(name=one.name, document=one.upload, problem=one.problem) for one in received]


@router.get(
    "/{document}", operation_id="getDocument", summary="What became of a filing", responses=errors(404)
)
def document(document: Number, person: Reviewer, store: StoreOf) -> DocumentAnswer:
    """Give a filing that the person brought in; curators see everybody's."""
    found = Uploads(store).find(document)
    if found is None or not (found.account == person.id or person.role.may(Role.CURATOR)):
        raise HTTPException(404, f"there is no document {document}")
    return DocumentAnswer.of(found)
