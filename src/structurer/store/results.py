"""What contents gave: their text, chunks, records and flags, by content and recipe.

The first result for a content and recipe stays. Where a content is read again on purpose, records that came
out otherwise become new versions, and the old ones are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy import insert as plain_insert

from structurer.store.database import insert_new, inserted_if_new, now
from structurer.store.packing import unpacked
from structurer.store.states import Sight, State
from structurer.store.tables import CHUNK, DOCUMENT_TEXT, FILING, FLAG, RECORD, RESULT, REVIEWED, WORK_ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from structurer.store.database import Store


class NewFlag(NamedTuple):
    """What is doubtful about a record: enough to count and search it."""

    path: str
    code: str
    kind: str
    severity: str


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to be kept.

    ``key`` is its id in every run, ``status`` as the record says, ``failed`` whether its project could not be
    structured, ``body`` the written record as JSON, packed.
    """

    key: str
    status: str
    failed: bool
    flags: tuple[NewFlag, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class NewResult:
    """What a content gave, ready to be kept.

    ``text`` is the decoded text, packed, and ``text_digest`` its hash; ``chunks`` are ``[start, end)`` in it,
    in document order, and ``records`` what came of each. ``residue`` and ``model_share`` are JSON.
    """

    sha256: str
    media_type: str
    encoding: str
    pages: int
    text_digest: str
    text: bytes
    chunks: tuple[tuple[int, int], ...]
    records: tuple[NewRecord, ...]
    residue_lines: int
    residue: str
    model_share: str | None = None


class ExportRow(NamedTuple):
    """One filing of a run with one of its records, or with none; rows of a filing follow each other.

    ``first`` and ``first_name`` are the filing (number, name) that stands for its content: the first of those
    that have it, in the order of names. Only that one comes with records. ``body`` is a record's JSON,
    packed.
    """

    filing: int
    name: str
    sight: str
    state: str | None
    error: str | None
    problem: str | None
    first: int | None
    first_name: str | None
    sha256: str | None
    encoding: str | None
    media_type: str | None
    pages: int | None
    residue: str | None
    body: bytes | None


_SAME = (
    RESULT.c.sha256 == bindparam("content"),
    RESULT.c.media_type == bindparam("kind"),
    RESULT.c.recipe == bindparam("by"),
)
_FIND = select(RESULT.c.id).where(*_SAME)
_LOCK = select(RESULT.c.id).where(RESULT.c.id == bindparam("result")).with_for_update()
_UPDATE = (
    update(RESULT)
    .where(RESULT.c.id == bindparam("result"))
    .values({name: bindparam(f"new_{name}") for name in ("declarations", "flagged", "model_share")})
)
_LATEST = (
    select(RECORD.c.id, RECORD.c.ordinal, RECORD.c.version, RECORD.c.body)
    .where(RECORD.c.result_id == bindparam("result"), RECORD.c.latest)
    .order_by(RECORD.c.ordinal)
)
_SUPERSEDE = update(RECORD).where(RECORD.c.id == bindparam("old")).values(latest=False)
_INSERT_RECORDS = plain_insert(RECORD).returning(RECORD.c.id, sort_by_parameter_order=True)


def write_results(
    connection: Connection, recipe: str, made: Iterable[tuple[NewResult, bool]]
) -> dict[tuple[str, str], int]:
    """Keep what contents gave; return the results' numbers by content and media type.

    A ``True`` beside a result says to replace what the content gave before. Without it, a result that is
    there already stays as it is: another run made it meanwhile.
    """
    # In one order for all runs: on PostgreSQL they wait for what others just insert, texts and results.
    ordered = sorted(made, key=lambda one: (one[0].sha256, one[0].media_type))
    texts = sorted({(result.text_digest, result.text) for result, _again in ordered})
    insert_new(connection, DOCUMENT_TEXT, [{"digest": digest, "body": body} for digest, body in texts])
    return {
        (result.sha256, result.media_type): _write_result(connection, recipe, result, again=again)
        for result, again in ordered
    }


def _write_result(connection: Connection, recipe: str, made: NewResult, *, again: bool) -> int:
    number, fresh = _result(connection, recipe, made)
    if fresh:
        versions = dict.fromkeys(range(1, len(made.records) + 1), 1)
        chunks = [
            {"result_id": number, "ordinal": ordinal, "start": start, "end": end}
            for ordinal, (start, end) in enumerate(made.chunks, start=1)
        ]
        if chunks:
            connection.execute(plain_insert(CHUNK), chunks)
    elif again:
        # Another run may just be replacing it, too.
        connection.execute(_LOCK, {"result": number})
        versions = _next_versions(connection, number, made)
        counts = _counts(made) | {"model_share": made.model_share}
        connection.execute(_UPDATE, {"result": number} | {f"new_{name}": counts[name] for name in counts})
    else:
        versions = {}
    _add_records(connection, number, made, versions)
    return number


def _result(connection: Connection, recipe: str, made: NewResult) -> tuple[int, bool]:
    """Return the number of the result of this content and recipe, and whether it was made just now."""
    same = {"content": made.sha256, "kind": made.media_type, "by": recipe}
    known = connection.execute(_FIND, same).scalar()
    if known is not None:
        return known, False
    row = {
        "sha256": made.sha256,
        "media_type": made.media_type,
        "recipe": recipe,
        "encoding": made.encoding,
        "pages": made.pages,
        "text_digest": made.text_digest,
        "residue_lines": made.residue_lines,
        "residue": made.residue,
        "model_share": made.model_share,
        "made_at": connection.execute(select(now())).scalar(),
    }
    number = inserted_if_new(connection, RESULT, row | _counts(made))
    if number is not None:
        return number, True
    # Another run was just making the same.
    return connection.execute(_FIND, same).scalar_one(), False


def _counts(made: NewResult) -> dict[str, Any]:
    flagged = sum(record.status == "flagged" for record in made.records)
    return {"declarations": len(made.records), "flagged": flagged}


def _next_versions(connection: Connection, number: int, made: NewResult) -> dict[int, int]:
    """Return the new version of each record that came out otherwise than before, by its ordinal."""
    versions = {}
    for old in connection.execute(_LATEST, {"result": number}).all():
        if unpacked(old.body) != unpacked(made.records[old.ordinal - 1].body):
            connection.execute(_SUPERSEDE, {"old": old.id})
            versions[old.ordinal] = old.version + 1
    return versions


def _add_records(connection: Connection, number: int, made: NewResult, versions: Mapping[int, int]) -> None:
    if not versions:
        return
    chosen = [(ordinal, made.records[ordinal - 1]) for ordinal in sorted(versions)]
    rows = [
        {
            "result_id": number,
            "ordinal": ordinal,
            "version": versions[ordinal],
            "latest": True,
            "key": record.key,
            "status": record.status,
            "failed": record.failed,
            "body": record.body,
        }
        for ordinal, record in chosen
    ]
    ids = connection.execute(_INSERT_RECORDS, rows).scalars().all()
    flags = [
        {"record_id": record_id, "number": place, **flag._asdict()}
        for record_id, (_ordinal, record) in zip(ids, chosen, strict=True)
        for place, flag in enumerate(record.flags)
    ]
    if flags:
        connection.execute(plain_insert(FLAG), flags)


_SIBLING = FILING.alias("sibling")
_FIRST = (
    select(_SIBLING.c.id)
    .where(_SIBLING.c.item_id == FILING.c.item_id, _SIBLING.c.state == Sight.FOUND)
    .order_by(_SIBLING.c.name, _SIBLING.c.id)
    .limit(1)
)
_FIRST_NAME = _FIRST.with_only_columns(_SIBLING.c.name).correlate(FILING).scalar_subquery()
_IS_FIRST = FILING.c.id == _FIRST.correlate(FILING).scalar_subquery()
_EXPORT = (
    select(
        FILING.c.id.label("filing"),
        FILING.c.name,
        FILING.c.state.label("sight"),
        WORK_ITEM.c.state,
        func.coalesce(FILING.c.error, WORK_ITEM.c.error).label("error"),
        func.coalesce(FILING.c.problem, WORK_ITEM.c.problem).label("problem"),
        _FIRST.correlate(FILING).scalar_subquery().label("first"),
        _FIRST_NAME.label("first_name"),
        WORK_ITEM.c.sha256,
        RESULT.c.encoding,
        RESULT.c.media_type,
        RESULT.c.pages,
        RESULT.c.residue,
        # What people made of a record stands for what any run read.
        func.coalesce(REVIEWED.c.body, RECORD.c.body).label("body"),
    )
    .select_from(FILING)
    .join(WORK_ITEM, WORK_ITEM.c.id == FILING.c.item_id, isouter=True)
    .join(RESULT, and_(RESULT.c.id == WORK_ITEM.c.result_id, WORK_ITEM.c.state == State.DONE), isouter=True)
    .join(RECORD, and_(RECORD.c.result_id == RESULT.c.id, RECORD.c.latest, _IS_FIRST), isouter=True)
    .join(REVIEWED, REVIEWED.c.key == RECORD.c.key, isouter=True)
    .where(FILING.c.run_id == bindparam("run"), FILING.c.state != Sight.GONE)
    # The same name may come from two folders; then what has no content goes first, and contents are in order.
    .order_by(FILING.c.name, WORK_ITEM.c.sha256.nulls_first(), FILING.c.id, RECORD.c.ordinal)
)
_SHARES = (
    select(RESULT.c.model_share)
    .join(WORK_ITEM, WORK_ITEM.c.result_id == RESULT.c.id)
    .where(
        WORK_ITEM.c.run_id == bindparam("run"),
        WORK_ITEM.c.state == State.DONE,
        RESULT.c.model_share.is_not(None),
    )
    .order_by(RESULT.c.id)
)


def export_rows(store: Store, run: int) -> Iterator[ExportRow]:
    """Yield the filings of a run with their latest records, in the order of names and ordinals.

    A record that was reviewed is the one that people made of it, in every run that read it.
    Nothing but a few rows is in memory, however many there are.
    """
    for row in store.stream(_EXPORT, {"run": run}):
        yield ExportRow._make(row)


def model_shares(store: Store, run: int) -> Iterator[str]:
    """Yield what a model had to do with each content of a run, as the JSON that was kept."""
    for row in store.stream(_SHARES, {"run": run}):
        yield row.model_share
