"""The first start: nobody can come in yet, and there is no password that everybody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structurer.store.review.accounts import INVITATION_SECONDS, Accounts, Role
from structurer.store.review.trail import Trail

if TYPE_CHECKING:
    from structurer.store import Store

_NAME = "admin"


def first_invitation(store: Store) -> tuple[str, str] | None:
    """Return the name of an administrator and the secret that lets them choose a password.

    ``None`` where an administrator has a password already. An invitation that was made before ends.
    """
    accounts = Accounts(store)
    admins = [known for known in accounts.all() if known.active and known.role is Role.ADMIN]
    if any(known.has_password for known in admins):
        return None
    if admins:
        account, name = admins[0].id, admins[0].name
    else:
        account, name = _new_admin(accounts)
    Trail(store).note("", "made an invitation at the start", name)
    return name, accounts.invite(account, INVITATION_SECONDS)


def _new_admin(accounts: Accounts) -> tuple[int, str]:
    known = accounts.find_named(_NAME)
    if known is None:
        made = accounts.add(_NAME, Role.ADMIN)
        return made.id, made.name
    accounts.change(known.id, role=Role.ADMIN, active=True)
    return known.id, known.name
