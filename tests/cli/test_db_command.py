"""The database as the command line shows it and brings it up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text

from commands import structurer
from structurer.runs.opening import open_run
from structurer.settings import Settings
from structurer.store import Journal, Store, migrating
from structurer.store.tables import METADATA, REVISION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _db(command: str, url: str) -> str:
    result = structurer("db", command, "--store", url)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def _older(url: str) -> None:
    """Make a store as an older program leaves it."""
    with Store.open(url) as store:
        Journal(store).open_run("run", "a run", "m", None)
        with store.writing() as connection:
            migrating.downgrade(connection, "0002")


def _revision(url: str) -> str | None:
    with Store.open(url, upgrade=False) as store:
        return store.revision


def _rows(said: str) -> dict[str, str]:
    return {words[0]: words[1] for line in said.splitlines() if len(words := line.split()) == 2}


def test_looking_makes_no_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'work.db'}"
    assert _db("show", url) == f"there is no database yet: {url}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_database_is_shown_with_its_rows(new_url: Callable[[], str]) -> None:
    url = new_url()
    with Store.open(url) as store:
        for path in ("/a", "/b"):
            open_run(store, [path], Settings(store=url))
    said = _db("show", url)
    assert f"schema        {REVISION}, up to date" in said
    rows = _rows(said)
    assert {name for name in rows if name in METADATA.tables} == set(METADATA.tables)
    assert (rows["run"], rows["filing"]) == ("2", "0")


def test_the_size_of_a_file_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "work.db"
    Store.open(f"sqlite:///{path}").close()
    assert f"size          {path.stat().st_size / 1e6:,.1f} MB" in _db("show", f"sqlite:///{path}")
    assert path.stat().st_size > 100_000


def test_a_password_is_not_shown(postgres: object) -> None:
    url = make_url(str(postgres)).set(drivername="postgresql", username="root", password="correct-horse")
    for command in ("show", "upgrade"):
        result = structurer("db", command, "--store", url.render_as_string(hide_password=False))
        assert "correct-horse" not in result.stdout + result.stderr
        assert ":***@" in result.stdout + result.stderr


def test_an_older_schema_is_shown_as_it_is(new_url: Callable[[], str]) -> None:
    url = new_url()
    _older(url)
    said = _db("show", url)
    assert f"schema        0002, older than this program's ({REVISION}); structurer db upgrade" in said
    assert _rows(said)["model_run"] == "1"
    assert "run" not in _rows(said)
    assert _revision(url) == "0002"


def test_an_older_schema_is_brought_up_to_date_once(new_url: Callable[[], str]) -> None:
    url = new_url()
    _older(url)
    assert f": its schema was brought from 0002 to {REVISION}\n" in _db("upgrade", url)
    assert f": its schema is up to date ({REVISION})\n" in _db("upgrade", url)
    assert _rows(_db("show", url))["model_run"] == "1"


def test_a_new_database_is_made(new_url: Callable[[], str]) -> None:
    url = new_url()
    assert f": new, its schema is {REVISION}\n" in _db("upgrade", url)
    assert _revision(url) == REVISION


def test_a_newer_schema_is_left_alone(new_url: Callable[[], str]) -> None:
    url = new_url()
    with Store.open(url) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert f"schema        9999, newer than this program's ({REVISION})" in _db("show", url)
    result = structurer("db", "upgrade", "--store", url)
    assert result.exit_code == 2
    assert f"its schema (9999) is newer than this program's ({REVISION})" in result.stderr
    assert _revision(url) == "9999"


@pytest.mark.parametrize("command", [["runs"], ["usage"], ["export"], ["runs", "show", 1]])
def test_other_commands_say_that_a_server_has_to_be_upgraded(
    new_url: Callable[[], str], command: list[object], tmp_path: Path
) -> None:
    url = new_url()
    _older(url)
    result = structurer(*command, "--store", url)
    if url.startswith("postgresql"):
        assert result.exit_code == 2
        assert "bring it up to date with: structurer db upgrade --store " in result.stderr
        assert _revision(url) == "0002"
        assert "brought from 0002" in _db("upgrade", url)
    assert "schema" not in structurer(*command, "--store", url).stderr
    assert _revision(url) == REVISION


@pytest.mark.parametrize("arguments", [[], ["show"], ["upgrade"]])
def test_help_has_examples(arguments: list[str]) -> None:
    said = structurer("db", *arguments, "--help").stdout
    assert "Examples:" in said
    assert "  structurer db " in said
