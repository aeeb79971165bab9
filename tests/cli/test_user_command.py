"""Who may come in, from a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from commands import structurer
from structurer.store import Store
from structurer.store.review.accounts import Accounts, Role
from structurer.store.review.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable


def _user(url: str, *arguments: str) -> str:
    result = structurer("user", *arguments, "--store", url)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def _refused(url: str, *arguments: str) -> str:
    result = structurer("user", *arguments, "--store", url)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def _secret(said: str) -> str:
    return re.findall(r"/invitation/([\w-]{43})\n", said)[0]


def test_an_account_from_its_making_to_its_end(new_url: Callable[[], str]) -> None:
    url = new_url()
    assert _user(url, "list") == "nobody has an account yet; make one with structurer user add\n"
    said = _user(url, "add", "王芳", "--role", "curator", "--base-url", "https://review.example.org/")
    assert said.startswith("give this link to 王芳 (works once, for a week): https://review.example.org/inv")
    _user(url, "add", "root", "--role", "admin")
    with Store.open(url) as store:
        accounts = Accounts(store)
        assert accounts.invited(_secret(said)) == (1, "王芳", Role.CURATOR)
        again = _secret(_user(url, "invite", "王芳"))
        assert accounts.invited(_secret(said)) is None
        accounts.accept(again, "a hash")
        assert re.findall(r"^王芳 +curator +active +\d{4}-\d\d-\d\d", _user(url, "list"), re.M)
        assert re.findall(r"^root +admin +invited", _user(url, "list"), re.M)
        assert _user(url, "role", "王芳", "admin") == "王芳 is admin now\n"
        assert _user(url, "shut", "ROOT") == "root is shut out\n"
        assert re.findall(r"^root +admin +shut out", _user(url, "list"), re.M)
        assert "this is the last administrator" in _refused(url, "shut", "王芳")
        assert "this is the last administrator" in _refused(url, "role", "王芳", "reviewer")
        assert [known.active for known in accounts.all()] == [False, True]
        assert "is shut; open it" in _refused(url, "invite", "root")
        told = [(entry.who, entry.what, entry.about) for entry in Trail(store).entries(20)][::-1]
    assert told == [
        ("(command line)", "added an account", "王芳, curator"),
        ("(command line)", "made an invitation", "王芳"),
        ("(command line)", "added an account", "root, admin"),
        ("(command line)", "made an invitation", "root"),
        ("(command line)", "made an invitation", "王芳"),
        ("(command line)", "changed a role", "王芳: curator to admin"),
        ("(command line)", "shut an account", "root"),
    ]


@pytest.mark.parametrize("command", [["invite"], ["shut"], ["role", "admin"]])
def test_an_account_that_is_not_there_is_named(new_url: Callable[[], str], command: list[str]) -> None:
    name, *more = command
    assert "nobody: there is no such account" in _refused(new_url(), name, "nobody", *more)


def test_one_name_is_one_account(new_url: Callable[[], str]) -> None:
    url = new_url()
    _user(url, "add", "Ann")
    for name in ("ann", "ＡＮＮ", " Ann "):
        assert "there is an account of this name already" in _refused(url, "add", name)
    for name in ("", "a\x1b[31m", "x" * 65):
        assert "a name has 1 to 64 characters" in _refused(url, "add", name)


def test_names_do_not_steer_the_terminal(new_url: Callable[[], str]) -> None:
    url = new_url()
    said = _user(url, "add", "[red]a[/red]") + _user(url, "list")
    assert said.count("[red]a[/red]") == 2
