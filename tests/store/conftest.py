from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from structurer.store import Attempt, Journal, Outcome, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

POSTGRES = os.environ.get("STRUCTURER_TEST_POSTGRES", "postgresql://127.0.0.1/test")
"""A PostgreSQL server on which databases may be created and dropped, and a database to do it from."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """The URL of a PostgreSQL database of our own."""
    pytest.importorskip("psycopg", reason="psycopg, the driver of PostgreSQL, is not installed")
    server = make_url(POSTGRES).set(drivername="postgresql+psycopg")
    name = f"structurer_test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError as error:
        pytest.skip(f"no PostgreSQL server to create a database on: {error.orig}")
    yield server.set(database=name)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return the URL of an empty place for a store at each call: a file, or a schema on PostgreSQL.

    Its parameter says which; tests that ask for it run on both.
    """
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
    database: URL = request.getfixturevalue("postgres")

    def new_schema() -> str:
        name = f"s{uuid.uuid4().hex}"
        engine = create_engine(database, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        engine.dispose()
        url = database.set(drivername="postgresql", query={"options": f"-csearch_path={name}"})
        return url.render_as_string(hide_password=False)

    return new_schema


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "new_url" in metafunc.fixturenames:
        metafunc.parametrize("new_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def journal(store: Store) -> Journal:
    """A journal with an open run ``run`` of model ``m``, with a budget of 100."""
    opened = Journal(store)
    opened.open_run("run", "a run", "m", 100)
    return opened


@pytest.fixture
def attempt() -> Callable[..., Attempt]:
    """Make an attempt: all that is not said is as after a plain answer."""

    def make(key: str = "k", outcome: Outcome = Outcome.ANSWERED, **said: object) -> Attempt:
        plain = {
            "model": "m",
            "prompt": "form.point@1",
            "input_tokens": 30,
            "output_tokens": 4,
            "cost": 7,
            "estimated": False,
            "latency_ms": 12,
            "status": 200,
            "detail": "",
            "response": '{"choices": []}',
            "source": "online",
        }
        return Attempt(key=key, outcome=outcome, **(plain | said))  # type: ignore[arg-type]

    return make
