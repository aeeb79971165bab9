from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from structurer.document_types.declaration.model import SCHEMA_VERSION
from structurer.evaluation.cells import SCORING
from structurer.evaluation.gold import GoldError
from structurer.evaluation.provenance import Checkout, checkout, gold_hash, versions

GOLD = Path(__file__).parents[2] / "eval"


def _git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in a checkout of its own, with a commit."""
    folder = tmp_path / "checkout" / "src" / "package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "reader.py").write_text("")
    prompts = tmp_path / "checkout" / "prompts"
    prompts.mkdir()
    (prompts / "point.md").write_text("")
    (tmp_path / "checkout" / "notes.txt").write_text("")
    _git(tmp_path / "checkout", "init", "-q")
    _git(tmp_path / "checkout", "add", ".")
    _git(tmp_path / "checkout", "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def prompts(package: Path) -> Path:
    return package.parents[1] / "prompts"


def test_a_checkout_has_its_commit(package: Path, prompts: Path) -> None:
    assert checkout(package, [prompts]) == Checkout(_git(package, "rev-parse", "HEAD"), dirty=False)


@pytest.mark.parametrize(
    ("file", "dirty"),
    [
        ("src/package/reader.py", True),
        ("src/package/new.py", True),
        ("prompts/point.md", True),
        ("notes.txt", False),
        ("report.html", False),
    ],
)
def test_changes_of_the_program_make_it_dirty_and_others_do_not(
    package: Path, prompts: Path, file: str, dirty: bool
) -> None:
    (package.parents[1] / file).write_text("changed")
    assert checkout(package, [prompts]).dirty is dirty


def test_a_file_that_is_gone_makes_it_dirty_and_a_commit_clean_again(package: Path) -> None:
    (package / "reader.py").unlink()
    assert checkout(package, []).dirty
    _git(package, "commit", "-q", "-a", "-m", "second")
    assert checkout(package, []) == Checkout(_git(package, "rev-parse", "HEAD"), dirty=False)


def test_a_package_that_is_installed_in_no_checkout_has_none(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    assert checkout(tmp_path, []) == Checkout("", dirty=False)


def test_a_package_that_is_installed_inside_another_project_has_none(package: Path) -> None:
    site = package.parents[1] / ".venv" / "site-packages" / "other"
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("")
    assert checkout(site, []) == Checkout("", dirty=False)


def test_resources_outside_the_checkout_do_not_matter(package: Path, tmp_path: Path) -> None:
    assert checkout(package, [tmp_path / "elsewhere"]) == Checkout(
        _git(package, "rev-parse", "HEAD"), dirty=False
    )


def test_where_git_is_not_installed_nobody_can_tell(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert checkout(package, []) == Checkout("", dirty=False)


def test_a_hook_of_another_repository_does_not_mislead(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _git(tmp_path, "init", "-q", "other")
    expected = checkout(package, [])
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert expected.commit
    assert checkout(package, []) == expected


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """One real label and its filing."""
    first = sorted((GOLD / "gold").glob("*.json"))[0]
    filing = json.loads(first.read_text(encoding="utf-8"))["filing"]
    for part in ("gold", "filings"):
        (tmp_path / part).mkdir()
    shutil.copy(first, tmp_path / "gold" / "one.json")
    shutil.copy(GOLD / "filings" / filing, tmp_path / "filings" / filing)
    return tmp_path


def _hash(gold: Path) -> str:
    return gold_hash(gold / "gold", gold / "filings")


def test_the_hash_is_of_what_is_in_the_files_and_not_of_where_they_lie(gold: Path, tmp_path: Path) -> None:
    before = _hash(gold)
    assert len(before) == 64
    shutil.copytree(gold / "gold", tmp_path / "x" / "gold")
    shutil.copytree(gold / "filings", tmp_path / "x" / "filings")
    assert _hash(tmp_path / "x") == before


def test_what_is_no_gold_does_not_count(gold: Path) -> None:
    before = _hash(gold)
    (gold / "gold" / "README.md").write_text("notes")
    (gold / "filings" / "unlabelled.txt").write_text("text")
    assert _hash(gold) == before


def test_every_change_of_gold_is_another_version(gold: Path) -> None:
    label = gold / "gold" / "one.json"
    (filing,) = (gold / "filings").iterdir()
    hashes = [_hash(gold)]
    filing.write_bytes(filing.read_bytes() + b"\n")
    hashes.append(_hash(gold))
    values = json.loads(label.read_text(encoding="utf-8"))
    label.write_text(json.dumps(values | {"handler": "梁甲"}), encoding="utf-8")
    hashes.append(_hash(gold))
    (gold / "gold" / "two.json").write_text(json.dumps(values | {"ordinal": 77}), encoding="utf-8")
    hashes.append(_hash(gold))
    label.rename(gold / "gold" / "renamed.json")
    hashes.append(_hash(gold))
    filing.unlink()
    hashes.append(_hash(gold))
    assert len(set(hashes)) == len(hashes)


def test_labels_that_cannot_be_read_have_no_hash(gold: Path) -> None:
    (gold / "gold" / "broken.json").write_text("{")
    with pytest.raises(GoldError, match=r"broken\.json"):
        _hash(gold)


def test_versions_are_those_of_what_runs() -> None:
    assert versions() == (version("structurer"), SCHEMA_VERSION, SCORING)
