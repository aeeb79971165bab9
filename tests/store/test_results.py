"""What comes out of the store: filings with their records in order, one after the other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
from run_rows import FLAG, Site, body, digest, file, gave, passed_over, record, site, unreadable
from sqlalchemy import inspect, make_url, text

from structurer.store import Failure, Store, export_rows, model_shares, retry_failed

if TYPE_CHECKING:
    from structurer.store import ExportRow


@pytest.fixture
def here(store: Store) -> Site:
    return site(store)


def _rows(site: Site) -> list[ExportRow]:
    return list(export_rows(site.store, site.run))


def _exported(site: Site) -> list[tuple[str, list[Any]]]:
    """Return the names as they come, each with what its records say."""
    return [
        (rows[0].name, [body(row) for row in rows if row.body is not None])
        for _, group in groupby(export_rows(site.store, site.run), key=attrgetter("filing"))
        for rows in [list(group)]
    ]


def test_filings_come_in_the_order_of_their_characters_numbers(here: Site) -> None:
    names = ["丁", "a", "B", "\U00020000", "一", "Ａ", "a/b", "a-b", "A b", "é", "e", " ", "10", "9", "a\x01"]
    here.finds(*(file(name, f"content {name}", f"/{place}".encode()) for place, name in enumerate(names)))
    here.reads()
    assert [row.name for row in _rows(here)] == sorted(names)
    with here.store.writing() as connection:
        (kind,) = [
            column["type"] for column in inspect(connection).get_columns("filing") if column["name"] == "name"
        ]
    # Also where the whole database has another order.
    assert here.store.dialect == "sqlite" or kind.collation == "C"  # type: ignore[attr-defined]


def test_filings_of_one_name_come_by_content_those_without_one_first(here: Site) -> None:
    contents = [f"{number}" for number in range(9)]
    here.finds(
        *(file("same", content, b"/" + content.encode()) for content in contents),
        file("same", "0", b"/again/0"),
        unreadable("same", b"/unreadable"),
        passed_over("same", b"/passed over"),
    )
    here.reads()
    hashes = [row.sha256 for row in _rows(here)]
    assert hashes == [None, None, *sorted(map(digest, ["0", *contents]))]
    assert [row.sight for row in _rows(here)[:2]] == ["failed", "skipped"]
    # The second of the same content is apart from the first, and has no records.
    of_zero = [row for row in _rows(here) if row.sha256 == digest("0")]
    assert [row.body is not None for row in of_zero] == [True, False]


def test_a_filing_comes_with_all_that_is_known_of_it(here: Site) -> None:
    result = replace(gave("a", record({"n": 1}), record({"n": 2})), pages=7, residue='[{"lines": 3}]')
    here.finds(file("a"))
    here.reads(a=result)
    one, two = _rows(here)
    assert one[:6] == (one.filing, "a", "found", "done", None, None)
    assert one[6:-1] == (one.filing, "a", digest("a"), "gb18030", "text/plain", 7, '[{"lines": 3}]')
    assert one[:-1] == two[:-1]
    assert [body(one), body(two)] == [{"n": 1}, {"n": 2}]


def test_records_come_in_the_order_of_their_chunks_and_only_the_latest(here: Site) -> None:
    here.finds(file("a"), file("b"))
    first = [record(f"{number}", failed=number == 10) for number in range(12)]
    here.reads(a=gave("a", *first), b=gave("b"))
    assert _exported(here) == [("a", [f"{number}" for number in range(12)]), ("b", ["b"])]
    retry_failed(here.store, here.run)
    # While it is read again it is not there, but for its name.
    assert _exported(here) == [("a", []), ("b", ["b"])]
    assert _rows(here)[0].state == "pending"
    later = [*first[:10], record("later"), first[11]]
    here.reads(a=gave("a", *later))
    assert _exported(here)[0] == ("a", [f"{number}" for number in range(10)] + ["later", "11"])


def test_the_first_name_of_a_content_has_its_records(here: Site) -> None:
    rows = [file(name, "same") for name in ("c", "b", "d")]
    here.finds(*rows, file("other"))
    here.reads(same=gave("same", record(1), record(2)))
    assert _exported(here) == [("b", [1, 2]), ("c", []), ("d", []), ("other", [digest("other")])]
    found = _rows(here)
    assert {(row.first, row.first_name) for row in found if row.name in "bcd"} == {(found[0].filing, "b")}
    assert {row.encoding for row in found} == {"gb18030"}
    # The first that is still there, in this run.
    elsewhere = site(here.store, "elsewhere")
    elsewhere.finds(file("a", "same"))
    here.finds(*rows[::2])
    assert _exported(here) == [("c", [1, 2]), ("d", [])]
    assert _exported(elsewhere) == [("a", [1, 2])]


def test_what_has_no_records_says_why(here: Site) -> None:
    here.finds(file("a"), file("b", "a"), file("c"), file("d"), unreadable("e"), passed_over("f"), file("g"))
    broken, _, held, empty = here.work.claim(4)
    here.work.release([held.item])
    assert here.work.settle([(broken.item, Failure("BrokenError", "broken\x1b[31m\n"))]) == {broken.item}
    here.work.settle([(empty.item, replace(gave("g"), records=(), chunks=()))])
    here.finds(file("a"), file("b", "a"), file("c"), file("d"), unreadable("e"), passed_over("f"))
    kept = [(row.name, row.sight, row.state, row.error, row.problem) for row in _rows(here)]
    assert kept == [
        ("a", "found", "failed", "BrokenError", "broken\x1b[31m\n"),
        ("b", "found", "failed", "BrokenError", "broken\x1b[31m\n"),
        ("c", "found", "pending", None, None),
        ("d", "found", "pending", None, None),
        ("e", "failed", None, "UnreadableDocumentError", "no permission"),
        ("f", "skipped", None, "PassedOver", ".pdf file"),
    ]
    assert all(row.body is None and row.encoding is None for row in _rows(here))
    here.finds(file("g"))
    assert _exported(here) == [("g", [])]
    assert _rows(here)[0].state == "done"


def _under_way(url: str) -> bool:
    """Return whether somebody has begun to read from a database and not come to the end."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(place.database or "", timeout=0)) as other:
            # What is in the log can be moved only when nobody reads what was before it.
            busy: int = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return bool(busy)
    fetching = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND state = 'idle in transaction' AND query LIKE 'FETCH%'"
    )
    with Store.open(url) as other_store:
        return bool(other_store.rows(text(fetching)))


@pytest.mark.parametrize("to_the_end", [True, False])
def test_rows_come_while_more_are_unread_and_as_they_were(url: str, here: Site, to_the_end: bool) -> None:
    names = [f"{number:03}" for number in range(900)]
    here.finds(*map(file, names))
    here.reads()
    rows = export_rows(here.store, here.run)
    assert next(rows).name == "000"
    # Others, and this one, go on writing.
    with Store.open(url) as other:
        site(other).finds(file("new"))
    here.work.settle([(one.item, gave("new")) for one in here.work.claim(5)])
    assert _under_way(url)
    if to_the_end:
        rest = list(rows)
        assert [row.name for row in rest] == names[1:]
        assert all(row.body is not None and row.state == "done" for row in rest)
    else:
        rows.close()  # type: ignore[attr-defined]
    assert not _under_way(url)
    assert [row.name for row in _rows(here)] == ["new"]


def test_what_a_model_had_to_do_with_a_run_is_told_once_for_each_content(here: Site) -> None:
    def share(content: str, said: str | None) -> Any:
        return replace(gave(content, record(content, FLAG, failed=content == "d")), model_share=said)

    here.finds(file("a"), file("b", "a"), file("c"), file("d"), file("e"))
    here.reads(
        a=share("a", '{"n": 1}'), c=share("c", None), d=share("d", '{"n": 2}'), e=share("e", '{"n": 3}')
    )
    other = site(here.store, "other")
    other.finds(file("e"))
    assert sorted(model_shares(here.store, here.run)) == ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    assert list(model_shares(here.store, other.run)) == ['{"n": 3}']
    retry_failed(here.store, here.run)
    assert sorted(model_shares(here.store, here.run)) == ['{"n": 1}', '{"n": 3}']
    here.reads(d=share("d", '{"n": 4}'))
    here.finds(file("c"), file("d"))
    assert list(model_shares(here.store, here.run)) == ['{"n": 4}']
