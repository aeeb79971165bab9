"""A folder of a thousand broken files beside ten good ones: ten results, and a reason for all the others."""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from commands import lines, report, structurer
from structurer.synthesis.families import Family
from structurer.synthesis.filing import invent_filing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_GOOD = 10
_BROKEN = 1000


def _good(seed: int) -> bytes:
    return invent_filing(list(Family)[seed % len(Family)], seed, count=2).text.encode()


def _archive(content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("form.txt"), content)
    return held.getvalue()


def _truncated(folder: Path, number: int, _dice: random.Random) -> None:
    # In the middle of a character, in a file that begins as UTF-8 and holds nothing else.
    text = f"{number} 关于部门预算的说明".encode()
    (folder / f"truncated {number}.txt").write_bytes(text[:-1])


def _random_bytes(folder: Path, number: int, dice: random.Random) -> None:
    (folder / f"random {number}.txt").write_bytes(dice.randbytes(3000))


def _empty(folder: Path, number: int, _dice: random.Random) -> None:
    (folder / f"empty {number}.txt").write_bytes(b"" if number % 2 else b" \n\t" * number)


def _wrong_extension(folder: Path, number: int, _dice: random.Random) -> None:
    magic = [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xd8\xff\xe0"]
    (folder / f"wrong {number}.txt").write_bytes(magic[number % 4] + str(number).encode())


def _unread_extension(folder: Path, number: int, _dice: random.Random) -> None:
    (folder / f"form {number}{('.pdf', '.docx', '.zip', '')[number % 4]}").write_bytes(_good(1))


def _nested_archive(folder: Path, number: int, _dice: random.Random) -> None:
    inner = _archive(f"{number}".encode())
    outer = gzip.compress(inner, mtime=0) if number % 2 else _archive(inner)
    (folder / f"nested {number}.md").write_bytes(outer)


def _symlink_loop(folder: Path, number: int, _dice: random.Random) -> None:
    path = folder / f"loop {number}.txt"
    if number % 3 == 0:
        path.symlink_to(path.name)
    elif number % 3 == 1:
        path.symlink_to("nothing there.txt")
    else:
        (folder / f"loop {number}").symlink_to(".")


def _no_file(folder: Path, number: int, _dice: random.Random) -> None:
    os.mkfifo(folder / f"pipe {number}.txt")


def _no_permission(folder: Path, number: int, _dice: random.Random) -> None:
    path = folder / f"closed {number}.txt"
    path.write_bytes(_good(number))
    path.chmod(0)


def _gbk_name(folder: Path, number: int, _dice: random.Random) -> None:
    name = os.fsencode(folder) + f"/申报表 {number}.txt".encode("gbk")
    with open(name, "wb") as file:
        file.write(b"\0" * number)


_KINDS: list[Callable[[Path, int, random.Random], None]] = [
    _truncated,
    _random_bytes,
    _empty,
    _wrong_extension,
    _unread_extension,
    _nested_archive,
    _symlink_loop,
    _no_file,
    _gbk_name,
    # Root may read everything.
    *([_no_permission] if os.geteuid() else []),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "filings"
    folder.mkdir()
    for seed in range(_GOOD):
        (folder / f"good {seed}.txt").write_bytes(_good(100 + seed))
    dice = random.Random(5)
    for number in range(1, _BROKEN + 1):
        _KINDS[number % len(_KINDS)](folder, number, dice)
    return folder


def test_ten_good_results_and_a_thousand_reasons(folder: Path, tmp_path: Path) -> None:
    result = structurer("run", folder, "--out", tmp_path / "out", "-q")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    records = lines(tmp_path / "out")
    good = {f"good {seed}.txt" for seed in range(_GOOD)}
    assert Counter(line["document"]["name"] for line in records) == Counter(dict.fromkeys(good, 2))
    told = report(tmp_path / "out")
    failed = {failure["name"]: failure["message"] for failure in told["failures"]}
    skipped = {file["name"]: file["kind"] for file in told["skipped_files"]}
    # Random bytes may happen to be text in some encoding; then there is no form in it, which is said too.
    without_form = {filing["name"] for filing in told["filings"]} - good
    assert all(name.startswith("random") for name in without_form)
    assert len(failed) + len(skipped) + len(without_form) == _BROKEN
    assert len(failed) == len(told["failures"])
    assert all(
        problem.startswith(f"{name}: ") and len(problem) > len(name) + 10 for name, problem in failed.items()
    )
    assert all(filing["residue"] for filing in told["filings"] if filing["name"] in without_form)
    assert told["counts"]["failed"] == len(failed)
    assert sum(told["skipped"].values()) == len(skipped)
