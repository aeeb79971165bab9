"""Who may come in: accounts, invitations, sessions, tokens of programs. Of secrets only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, insert, select, update

from structurer.errors import StructurerError
from structurer.store.database import inserted_if_new, now
from structurer.store.packing import storable
from structurer.store.tables import ACCOUNT, API_TOKEN, INVITATION, SESSION

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from structurer.store.database import Store

INVITATION_SECONDS = 7 * 86_400
"""How long the link of an invitation is good."""

_SECRET_BYTES = 32
_NAME_LENGTH = 64


class AccountError(StructurerError):
    """An account cannot be made or changed; the message says why and what to do."""


class Role(StrEnum):
    """What a person may do; each may do what those before it may."""

    REVIEWER = "reviewer"
    """Settle what is doubtful."""
    CURATOR = "curator"
    """Settle disagreements and conflicts, see how good review is, export."""
    ADMIN = "admin"
    """Let people in and read the audit trail."""

    def may(self, needed: Role) -> bool:
        """Say whether this role has the rights of another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Person(NamedTuple):
    """Somebody with an account."""

    id: int
    name: str
    role: Role


class Account(NamedTuple):
    """An account as administrators see it. ``created_at`` is milliseconds since 1970 (UTC)."""

    id: int
    name: str
    role: Role
    active: bool
    has_password: bool
    created_at: int


class Token(NamedTuple):
    """What a program acts for a person by; times are milliseconds since 1970 (UTC)."""

    id: int
    label: str
    created_at: int
    expires_at: int


class Accounts:
    """The accounts of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, role: Role) -> Person:
        """Make an account without a password. Raises ``AccountError`` for a name that is taken or no name."""
        shown = checked_name(name)
        with self._store.writing() as connection:
            row = {
                "name": shown,
                "folded": folded(shown),
                "role": role,
                "active": True,
                "created_at": connection.execute(select(now())).scalar(),
            }
            number = inserted_if_new(connection, ACCOUNT, row)
        if number is None:
            raise AccountError(f"{shown}: there is an account of this name already")
        return Person(number, shown, role)

    def all(self) -> tuple[Account, ...]:
        """Return all accounts, by name."""
        return self._accounts(_ACCOUNTS.order_by(ACCOUNT.c.name))

    def find(self, account: int) -> Account | None:
        """Return an account by its number."""
        found = self._accounts(_ACCOUNTS.where(ACCOUNT.c.id == account))
        return found[0] if found else None

    def find_named(self, name: str) -> Account | None:
        """Return an account, shut or not, by name as people type it."""
        found = self._accounts(_ACCOUNTS.where(ACCOUNT.c.folded == folded(name)))
        return found[0] if found else None

    def named(self, name: str) -> tuple[Person, str | None] | None:
        """Return an active person and the hash of their password, by name as people type it."""
        known = select(ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.role, ACCOUNT.c.password)
        rows = self._store.rows(known.where(ACCOUNT.c.folded == folded(name), ACCOUNT.c.active))
        return None if not rows else (Person(rows[0].id, rows[0].name, Role(rows[0].role)), rows[0].password)

    def change(self, account: int, *, role: Role | None = None, active: bool | None = None) -> None:
        """Give an account another role, shut it, or open it again; what is shut is signed out everywhere.

        Raises ``AccountError`` where no administrator would be left.
        """
        changes = {"role": role, "active": active}
        admins = select(ACCOUNT.c.id).where(ACCOUNT.c.role == Role.ADMIN, ACCOUNT.c.active)
        with self._store.writing() as connection:
            # Two who take each other's role away wait for each other here.
            connection.execute(admins.order_by(ACCOUNT.c.id).with_for_update())
            connection.execute(
                update(ACCOUNT)
                .where(ACCOUNT.c.id == account)
                .values({key: value for key, value in changes.items() if value is not None})
            )
            if connection.execute(admins.limit(1)).scalar() is None:
                raise AccountError("this is the last administrator; make another one first")
            if active is False:
                _sign_out(connection, account)
                connection.execute(delete(INVITATION).where(INVITATION.c.account_id == account))

    def invite(self, account: int, seconds: float) -> str:
        """Return a secret that lets its bearer set the account's password once, within so many seconds."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        with self._store.writing() as connection:
            over = (INVITATION.c.account_id == account) | (INVITATION.c.expires_at <= now())
            connection.execute(delete(INVITATION).where(over))
            row = {"digest": digest(secret), "account_id": account}
            row["expires_at"] = connection.execute(select(now() + int(seconds * 1000))).scalar_one()
            connection.execute(insert(INVITATION), row)
        return secret

    def invited(self, secret: str) -> Person | None:
        """Return whom an invitation is for; ``None`` where it was used or is too old."""
        asked = _who().join(INVITATION, INVITATION.c.account_id == ACCOUNT.c.id)
        return self._person(
            asked.where(INVITATION.c.digest == digest(secret), INVITATION.c.expires_at > now())
        )

    def accept(self, secret: str, password: str) -> Person | None:
        """Use an invitation: keep the hash of a password, and sign out whoever came in by the old one."""
        with self._store.writing() as connection:
            used = connection.execute(
                delete(INVITATION)
                .where(INVITATION.c.digest == digest(secret), INVITATION.c.expires_at > now())
                .returning(INVITATION.c.account_id)
            ).scalar()
            if used is None:
                return None
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == used).values(password=password))
            _sign_out(connection, used)
        return self._person(_who().where(ACCOUNT.c.id == used))

    def begin_session(self, account: int, seconds: float) -> str:
        """Sign a person in; return the secret that their browser keeps."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        with self._store.writing() as connection:
            at = connection.execute(select(now())).scalar_one()
            connection.execute(delete(SESSION).where(SESSION.c.expires_at <= at))
            row = {"digest": digest(secret), "account_id": account, "created_at": at}
            connection.execute(insert(SESSION), row | {"expires_at": at + int(seconds * 1000)})
        return secret

    def by_session(self, secret: str) -> Person | None:
        """Return who is signed in by a secret."""
        signed_in = and_(SESSION.c.digest == digest(secret), SESSION.c.expires_at > now())
        return self._person(_who().join(SESSION, SESSION.c.account_id == ACCOUNT.c.id).where(signed_in))

    def end_session(self, secret: str) -> None:
        """Sign out."""
        with self._store.writing() as connection:
            connection.execute(delete(SESSION).where(SESSION.c.digest == digest(secret)))

    def make_token(self, account: int, label: str, seconds: float) -> str:
        """Return a secret by which a program acts for a person."""
        secret = f"structurer_{secrets.token_urlsafe(_SECRET_BYTES)}"
        with self._store.writing() as connection:
            at = connection.execute(select(now())).scalar_one()
            row = {"digest": digest(secret), "account_id": account, "created_at": at}
            row["label"] = storable(label)
            connection.execute(delete(API_TOKEN).where(API_TOKEN.c.expires_at <= at))
            connection.execute(insert(API_TOKEN), row | {"expires_at": at + int(seconds * 1000)})
        return secret

    def tokens(self, account: int) -> tuple[Token, ...]:
        """Return a person's tokens that are valid, the newest first."""
        valid = and_(API_TOKEN.c.account_id == account, API_TOKEN.c.expires_at > now())
        columns = (API_TOKEN.c.id, API_TOKEN.c.label, API_TOKEN.c.created_at, API_TOKEN.c.expires_at)
        rows = self._store.rows(select(*columns).where(valid).order_by(API_TOKEN.c.id.desc()))
        return tuple(Token(row.id, row.label, row.created_at, row.expires_at) for row in rows)

    def revoke_token(self, account: int, token: int) -> str | None:
        """Make one of a person's tokens invalid; return its label, ``None`` where there is no such token."""
        gone = delete(API_TOKEN).where(API_TOKEN.c.id == token, API_TOKEN.c.account_id == account)
        with self._store.writing() as connection:
            label: str | None = connection.execute(gone.returning(API_TOKEN.c.label)).scalar()
        return label

    def by_token(self, secret: str) -> Person | None:
        """Return for whom a program acts."""
        valid = and_(API_TOKEN.c.digest == digest(secret), API_TOKEN.c.expires_at > now())
        return self._person(_who().join(API_TOKEN, API_TOKEN.c.account_id == ACCOUNT.c.id).where(valid))

    def _accounts(self, asked: Select[Any]) -> tuple[Account, ...]:
        return tuple(
            Account(
                row.id, row.name, Role(row.role), bool(row.active), bool(row.has_password), row.created_at
            )
            for row in self._store.rows(asked)
        )

    def _person(self, asked: Select[tuple[int, str, str]]) -> Person | None:
        rows = self._store.rows(asked)
        return Person(rows[0].id, rows[0].name, Role(rows[0].role)) if rows else None


_ACCOUNTS = select(
    ACCOUNT.c.id,
    ACCOUNT.c.name,
    ACCOUNT.c.role,
    ACCOUNT.c.active,
    ACCOUNT.c.password.is_not(None).label("has_password"),
    ACCOUNT.c.created_at,
)


def checked_name(name: str) -> str:
    """Return a name as it is shown. Raises ``AccountError`` for what is no name of a person."""
    shown = unicodedata.normalize("NFC", name.strip())
    if not shown or len(shown) > _NAME_LENGTH or not shown.isprintable():
        raise AccountError(f"a name has 1 to {_NAME_LENGTH} characters that can be seen")
    return shown


def folded(name: str) -> str:
    """Return a name as names are compared: width, case and composition do not count."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", storable(name).strip()).casefold())


def digest(secret: str) -> str:
    """Return what is kept of a secret. It is random and long, so that a plain hash cannot be undone."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _who() -> Select[tuple[int, str, str]]:
    active: ColumnElement[bool] = ACCOUNT.c.active
    return select(ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.role).where(active)


def _sign_out(connection: Connection, account: int) -> None:
    connection.execute(delete(SESSION).where(SESSION.c.account_id == account))
    connection.execute(delete(API_TOKEN).where(API_TOKEN.c.account_id == account))
