"""The Batch API of one server: files up and down, batches created and looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from structurer.errors import ModelServerError
from structurer.llm.batch_files import ENDPOINT
from structurer.llm.server import require_key
from structurer.llm.transport import scrubbed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, TypeVar

    from openai.types import Batch as RemoteBatch

    from structurer.llm.server import ModelServer

    _T = TypeVar("_T")

_PASSING = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError)
_TIMES = 5


class BatchServer:
    """Speaks to the Batch API. Raises ``ModelServerError``, in words without secrets, where that fails."""

    def __init__(self, server: ModelServer) -> None:
        require_key(server)
        self._server = server
        self._client = openai.OpenAI(
            api_key=server.api_key or "none", base_url=server.base_url, max_retries=0, timeout=server.timeout
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def upload(self, name: str, requests: bytes) -> str:
        """Upload a file of requests and return its id."""
        return self._again(lambda: self._client.files.create(file=(name, requests), purpose="batch")).id

    def create(self, input_file_id: str) -> str:
        """Create a batch and return its id. Not tried again: a lost answer may have created one."""
        return self._once(
            lambda: self._client.batches.create(
                input_file_id=input_file_id, endpoint=ENDPOINT, completion_window="24h"
            )
        ).id

    def find(self, input_file_id: str) -> str | None:
        """Return the id of the batch that was created from a file, if there is one."""
        listed = self._again(lambda: list(self._client.batches.list(limit=100)))
        return next((batch.id for batch in listed if batch.input_file_id == input_file_id), None)

    def batch(self, batch_id: str) -> RemoteBatch:
        """Return what the server says of a batch."""
        return self._again(lambda: self._client.batches.retrieve(batch_id))

    def content(self, file_id: str) -> bytes:
        """Return a file's bytes."""
        return self._again(lambda: self._client.files.content(file_id).read())

    def _again(self, call: Callable[[], _T]) -> _T:
        retrying = Retrying(
            retry=retry_if_exception_type(_PASSING),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            stop=stop_after_attempt(_TIMES),
            reraise=True,
        )
        return self._once(lambda: retrying(call))

    def _once(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except openai.OpenAIError as error:
            said = self._said(error)
        raise ModelServerError(f"{self._server.url}: the Batch API cannot be used: {said}")

    def _said(self, error: openai.OpenAIError) -> str:
        body: Any = getattr(error, "body", None)
        message = body.get("message") if isinstance(body, dict) else None
        return scrubbed(str(message or error), self._server.api_key)
