"""The application: routes, what is put into every answer, and what happens to errors."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from structurer.review.recent import Recent
from structurer.review.web.api import description, documents, records, tasks
from structurer.review.web.api import runs as api_runs
from structurer.review.web.errors import answer_errors
from structurer.review.web.pages import people, queue, record, runs, signing_in, statistics, trail, uploads
from structurer.review.web.protection import Protection
from structurer.review.web.stores import AT_ONCE, Stores
from structurer.review.web.working import Working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from structurer.review.web.serving import Serving

_HERE = Path(__file__).parent

_COUNTED_FOR = 5.0
"""Seconds that counts over the whole queue may be old."""


def create_app(serving: Serving) -> FastAPI:
    """Return the application. Raises ``StoreError`` where its store cannot be opened."""
    stores = Stores(serving.store)
    working = Working(serving)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        working.start()
        yield
        working.stop()
        stores.close()

    app = FastAPI(
        title="Structurer",
        version=version("structurer"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.serving = serving
    app.state.stores = stores
    app.state.turns = asyncio.Semaphore(AT_ONCE)
    app.state.working = working
    app.state.recent = Recent(_COUNTED_FOR)
    for pages in (signing_in, queue, record, uploads, runs, statistics, people, trail):
        app.include_router(pages.router, include_in_schema=False)
    for api in (tasks, records, documents, api_runs):
        app.include_router(api.router, prefix="/api")
    app.include_router(description.router, prefix="/api", include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    app.add_middleware(Protection, serving=serving)
    answer_errors(app)
    return app
