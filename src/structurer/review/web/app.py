"""The application: routes, what is put into every answer, and what happens to errors."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from structurer.review.web.api import documents, records, tasks
from structurer.review.web.api import runs as api_runs
from structurer.review.web.pages import people, queue, record, runs, signing_in, statistics, trail, uploads
from structurer.review.web.stores import Stores

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from structurer.review.web.serving import Serving

_HERE = Path(__file__).parent


def create_app(serving: Serving) -> FastAPI:
    """Return the application. Raises ``StoreError`` where its store cannot be opened."""
    stores = Stores(serving.store)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        stores.close()

    app = FastAPI(
        title="Structurer", version=version("structurer"), lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.serving = serving
    app.state.stores = stores
    for pages in (signing_in, queue, record, uploads, runs, statistics, people, trail):
        app.include_router(pages.router, include_in_schema=False)
    for api in (tasks, records, documents, api_runs):
        app.include_router(api.router, prefix="/api")
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    return app
