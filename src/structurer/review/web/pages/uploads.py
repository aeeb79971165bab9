"""Bringing filings in, and watching them being structured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse

from structurer.documents import READABLE_EXTENSIONS
from structurer.review.receiving import MOST_BYTES, MOST_FILES, Reception, Sent, UploadError
from structurer.review.web.access import Reviewer, ServingOf, StoreOf
from structurer.review.web.filtering import address
from structurer.review.web.templating import page
from structurer.store.review import QueueFilter
from structurer.store.review.accounts import Role
from structurer.store.review.uploads import Uploads

if TYPE_CHECKING:
    from structurer.review.web.serving import Serving
    from structurer.store import Store
    from structurer.store.review.accounts import Person
    from structurer.store.review.uploads import Upload

router = APIRouter()

_SHOWN = 100
"""The newest uploads that are shown."""

_LIMITS = {
    "most_files": MOST_FILES,
    "most_mib": MOST_BYTES // 2**20,
    "endings": ",".join(sorted(READABLE_EXTENSIONS)),
}


@router.get("/uploads")
def show(request: Request, person: Reviewer, store: StoreOf, serving: ServingOf) -> HTMLResponse:
    """Show what a person uploaded, and a form to upload more; curators see what everybody did."""
    return _shown(request, person, store, serving)


@router.get("/uploads/list")
def show_list(request: Request, person: Reviewer, store: StoreOf) -> HTMLResponse:
    """Show the list by itself, to be put in the place of an older one."""
    return page(request, "uploads_list.html.jinja", person, **_list(person, store))


@router.post("/uploads")
def receive(
    request: Request,
    person: Reviewer,
    store: StoreOf,
    serving: ServingOf,
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> HTMLResponse:
    """Take files in, and say of each what came of it."""
    sent = [Sent(file.filename or "", file.file) for file in files or () if file.filename or file.size]
    reception = Reception(store, serving.uploads, serving.settings, person)
    try:
        received = reception.receive(sent)
    except UploadError as error:
        return _shown(request, person, store, serving, 400, error=str(error))
    request.app.state.working.wake()
    taken = any(one.upload is not None for one in received)
    return _shown(request, person, store, serving, 200 if taken else 400, received=received)


def _shown(
    request: Request, person: Person, store: Store, serving: Serving, status: int = 200, **came_of_it: Any
) -> HTMLResponse:
    limits = _LIMITS | {"most_together": serving.body_limit // 2**20}
    shown = {"received": (), "error": None, **limits, **_list(person, store), **came_of_it}
    return page(request, "uploads.html.jinja", person, status, **shown)


def _list(person: Person, store: Store) -> dict[str, Any]:
    everybody = person.role.may(Role.CURATOR)
    uploads = Uploads(store).newest(_SHOWN, None if everybody else person.id)

    def link(upload: Upload) -> str:
        return address("/queue", QueueFilter(filing=upload.filing))

    under_way = sum(upload.state.is_under_way for upload in uploads)
    return {"uploads": uploads, "everybody": everybody, "under_way": under_way, "link": link}
