"""Settings of all tests, and the databases that they may use."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

# A busy machine is slow, which is no fault. On a build machine hypothesis tries the same examples every time.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

POSTGRES = os.environ.get("STRUCTURER_TEST_POSTGRES", "postgresql://127.0.0.1/test")
"""A PostgreSQL server on which databases may be created and dropped, and a database to do it from."""


@pytest.fixture(autouse=True, scope="session")
def _store_of_fixtures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let what fixtures of several tests run leave nothing in the current folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRUCTURER_STORE", f"sqlite:///{tmp_path_factory.mktemp('store') / 'structurer.db'}")
        yield


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test that names no store have one of its own: what another test read must not help it."""
    monkeypatch.setenv("STRUCTURER_STORE", f"sqlite:///{tmp_path / 'structurer.db'}")


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
