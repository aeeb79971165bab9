"""``structurer user``: who may come in to the pages of review."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from structurer.cli import options
from structurer.cli.console import errors_in_one_line, out, safe
from structurer.cli.looking import line
from structurer.settings import load_settings
from structurer.store import Store
from structurer.store.review.accounts import INVITATION_SECONDS, AccountError, Accounts, Role
from structurer.store.review.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structurer.store.review.accounts import Account

_WHO = "(command line)"
"""Who did it, as the audit trail calls them."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name, as they sign in.")]
BaseUrl = Annotated[str, typer.Option(metavar="URL", help="The address that the person opens, for the link.")]

user = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@user.callback()
def about() -> None:
    """Let people in to the pages of review, change what they may do, shut them out.

    \b
    Examples:
      structurer user add "Wang Fang" --role reviewer
      structurer user list
    """


@user.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.REVIEWER,
    base_url: BaseUrl = "http://127.0.0.1:8300",
    store: options.Store = None,
) -> None:
    """Make an account, and print the link by which its owner chooses a password. It works once, for a week.

    \b
    Examples:
      structurer user add "Wang Fang"
      structurer user add chen --role curator --base-url https://review.example.org
    """
    with _opened(store) as opened:
        made = Accounts(opened).add(name, role)
        Trail(opened).note(_WHO, "added an account", f"{made.name}, {role}")
        _invite(opened, made.id, made.name, base_url)


@user.command()
def invite(name: Name, base_url: BaseUrl = "http://127.0.0.1:8300", store: options.Store = None) -> None:
    """Print a new link for somebody who lost theirs, or forgot the password. The one before ends.

    \b
    Examples:
      structurer user invite "Wang Fang"
    """
    with _opened(store) as opened:
        known = _known(opened, name)
        if not known.active:
            raise AccountError(f"{known.name}: this account is shut; open it on the page People first")
        _invite(opened, known.id, known.name, base_url)


@user.command("list")
def listed(store: options.Store = None) -> None:
    """List all accounts.

    \b
    Examples:
      structurer user list
      structurer user list --store postgresql://host/filings
    """
    with _opened(store) as opened:
        accounts = Accounts(opened).all()
    if not accounts:
        out().print("nobody has an account yet; make one with structurer user add")
        return
    table = Table("name", "role", "state", "since", box=None, padding=(0, 2, 0, 0))
    for account in accounts:
        since = datetime.fromtimestamp(account.created_at / 1000).astimezone().strftime("%Y-%m-%d")
        table.add_row(safe(account.name), account.role, _state(account), since)
    out().print(table)


@user.command()
def role(
    name: Name,
    new: Annotated[Role, typer.Argument(metavar="ROLE", help="reviewer, curator or admin.")],
    store: options.Store = None,
) -> None:
    """Give somebody another role, from now on.

    \b
    Examples:
      structurer user role chen curator
    """
    with _opened(store) as opened:
        known = _known(opened, name)
        Accounts(opened).change(known.id, role=new)
        Trail(opened).note(_WHO, "changed a role", f"{known.name}: {known.role} to {new}")
        out().print(line(f"{known.name} is {new} now"), soft_wrap=True)


@user.command()
def shut(name: Name, store: options.Store = None) -> None:
    """Shut somebody out, at once and everywhere. What they decided stays.

    \b
    Examples:
      structurer user shut chen
    """
    with _opened(store) as opened:
        known = _known(opened, name)
        Accounts(opened).change(known.id, active=False)
        Trail(opened).note(_WHO, "shut an account", known.name)
        out().print(line(f"{known.name} is shut out"), soft_wrap=True)


@contextmanager
def _opened(url: str | None) -> Iterator[Store]:
    with errors_in_one_line(), Store.open(load_settings(store=url).store) as store:
        yield store


def _known(store: Store, name: str) -> Account:
    known = Accounts(store).find_named(name)
    if known is None:
        raise AccountError(
            f"{name}: there is no such account; structurer user list shows those that there are"
        )
    return known


def _invite(store: Store, account: int, name: str, base_url: str) -> None:
    secret = Accounts(store).invite(account, INVITATION_SECONDS)
    Trail(store).note(_WHO, "made an invitation", name)
    link = f"{base_url.rstrip('/')}/invitation/{secret}"
    out().print(line(f"give this link to {name} (works once, for a week): {link}"), soft_wrap=True)


def _state(account: Account) -> str:
    if not account.active:
        return "shut out"
    return "active" if account.has_password else "invited"
