"""``structurer serve``: the page on which people settle what is doubtful."""

from __future__ import annotations

import ipaddress
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from structurer.cli import options
from structurer.cli.calibrating import with_threshold
from structurer.cli.console import err, errors_in_one_line, out
from structurer.cli.looking import line
from structurer.errors import SettingsError
from structurer.settings import load_settings
from structurer.store import Store

if TYPE_CHECKING:
    from fastapi import FastAPI

    from structurer.review.web.serving import Serving

_NEEDED = ("argon2", "fastapi", "python_multipart", "uvicorn")

_STOPPING = 5
"""Seconds that requests under way have to end."""


def serve(
    store: options.Store = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; any free one if 0.")
    ] = 8300,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The address that people open, as https://review.example.org, where a proxy stands before "
            "this server. With https, browsers send the sign-in over nothing else.",
        ),
    ] = None,
    open_to: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another name of this machine that people open; may be repeated."),
    ] = None,
    uploads: Annotated[Path, typer.Option(metavar="DIR", help="Folder to keep uploaded filings in.")] = Path(
        "uploads"
    ),
    second_look: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the declarations that a second person reviews.")
    ] = 0.1,
    planted: Annotated[
        float,
        typer.Option(min=0, max=1, help="Values made wrong on purpose, as a check, for each asked about."),
    ] = 0.03,
    lease: Annotated[
        float,
        typer.Option(
            metavar="MIN", min=1, help="Minutes that a declaration stays in hand once its page was closed."
        ),
    ] = 15,
) -> None:
    """Serve the pages of review and their JSON API. Ctrl-C stops it.

    Everybody signs in. While no administrator has a password, a link is printed by which one is chosen;
    others are let in on the page People, or by structurer user add.

    \b
    Examples:
      structurer serve --store sqlite:///work.db
      structurer serve --store postgresql://host/filings --port 8400 --second-look 0.2
      structurer serve --host 0.0.0.0 --public-url https://review.example.org
    """
    with errors_in_one_line():
        _refuse_missing()
        from structurer.review.policy import Policy
        from structurer.review.web.app import create_app
        from structurer.review.web.serving import Serving

        settings = with_threshold(load_settings(store=store), quiet=True)
        public = None if public_url is None else _public(public_url)
        names = [*(open_to or ()), host, *([] if public is None else [urlsplit(public).hostname or ""])]
        serving = Serving(
            settings.store,
            uploads,
            settings,
            Policy(lease * 60, second_look, planted),
            secure=public is not None and public.startswith("https://"),
            public_url=public,
            hosts=frozenset(name.lower() for name in names),
        )
        listening = _listening(host, port)
        with listening:
            app = create_app(serving)
            _say(serving, host, listening.getsockname()[1])
            _serve(app, serving, listening)
    err().print("stopped")


def _refuse_missing() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"serve needs {', '.join(missing)}; install it with: pip install 'structurer[review]'"
        )


def _public(url: str) -> str:
    """Return the address that people open without a slash at its end. Raises ``SettingsError``."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        whole = f"{parts.scheme}://{parts.netloc}".lower()
        known = known and (parts.port or 0) >= 0
    except ValueError:
        known, whole = False, ""
    if not known or url.rstrip("/").lower() != whole:
        raise SettingsError(
            f"--public-url {url}: give an address without a path, as https://review.example.org"
        )
    return whole


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises ``SettingsError`` where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"{host} port {port}: cannot be listened on ({_reason(error)}); "
            "end what uses it, or choose another one with --port"
        ) from None


def _reason(error: OSError) -> str:
    # The standard library's own words name the address once more; a name's errors are below 0.
    number = error.errno or 0
    return os.strerror(number).lower() if number > 0 else "there is no such address"


def _say(serving: Serving, host: str, port: int) -> None:
    from structurer.review.first_start import first_invitation

    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host
    here = f"http://{shown}:{port}"
    url = serving.public_url or here
    if not serving.secure and not _is_loopback(host):
        err().print(
            "warning: others on the network can read what is sent, passwords too; put a proxy with HTTPS "
            "before this server and give its address with --public-url https://…",
            style="yellow",
        )
    with Store.open(serving.store) as store:
        invited = first_invitation(store)
    if invited is not None:
        name, secret = invited
        out().print(
            line(f"choose a password for {name} (works once): {url}/invitation/{secret}"), soft_wrap=True
        )
    known_as = "" if url == here else f", which people open as {url}"
    out().print(line(f"serving on {here}{known_as} (Ctrl-C stops it)"), soft_wrap=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _serve(app: FastAPI, serving: Serving, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        # Addresses hold what filings are called, and the secrets of invitations.
        access_log=False,
        log_level="warning",
        server_header=False,
        # Whom a proxy speaks for is its word only where there is one.
        proxy_headers=serving.public_url is not None,
        timeout_graceful_shutdown=_STOPPING,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        # It stopped already; this is Ctrl-C, handed on.
        return
