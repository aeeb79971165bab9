"""Which model on which server, and how hard it may be pressed."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from structurer.errors import ModelServerError

if TYPE_CHECKING:
    from structurer.llm.prices import Prices

OPENAI_URL = "https://api.openai.com/v1"

Mode = Literal["auto", "tools", "json_schema", "json", "md_json"]


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A model on a server that speaks OpenAI's chat completions.

    ``base_url`` is the root of the API, up to ``/v1``; ``None`` is OpenAI's own. ``mode`` is how an answer's
    shape is asked for; ``auto`` finds out. ``timeout`` bounds one attempt and ``deadline`` all attempts at
    one request, both in seconds. ``concurrency`` is the most requests in flight. ``prices`` are those of
    the model; ``None`` counts as free. ``thinking`` are output tokens granted beyond those of an answer.
    """

    model: str
    base_url: str | None = None
    api_key: str = field(default="", repr=False)
    mode: Mode = "auto"
    temperature: float | None = None
    timeout: float = 180.0
    deadline: float = 600.0
    concurrency: int = 16
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    prices: Prices | None = None
    thinking: int = 0

    @property
    def url(self) -> str:
        """The server's address as it may be shown and kept."""
        return public_url(self.base_url)


def public_url(base_url: str | None) -> str:
    """Return a server's address as it may be shown and kept: without user, password and query."""
    parts = urlsplit(base_url or OPENAI_URL)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def require_key(server: ModelServer) -> None:
    """Raise ``ModelServerError`` where a server on the internet is to be asked without a key."""
    if not server.api_key and not is_local(server.base_url):
        raise ModelServerError(
            f"no key for {server.url}; set OPENAI_API_KEY, or give --base-url of a local server"
        )


def is_local(base_url: str | None) -> bool:
    """Whether a server stands on this machine or in a private network, where tokens have no price."""
    host = urlsplit(base_url or OPENAI_URL).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))
