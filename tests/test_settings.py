from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from structurer.errors import SettingsError
from structurer.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_flags_over_environment_over_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "structurer.toml").write_text('workers = 2\nmax_bytes = 7\nencoding = "GBK"\n')
    monkeypatch.setenv("STRUCTURER_WORKERS", "3")
    monkeypatch.setenv("STRUCTURER_MAX_BYTES", "8")
    settings = load_settings(workers=4, encoding=None)
    assert (settings.workers, settings.max_bytes, settings.encoding) == (4, 8, "gb18030")


@pytest.mark.parametrize(
    ("flags", "what"),
    [({"workers": 0}, "workers"), ({"encoding": "klingon"}, "klingon"), ({"engine": "magic"}, "engine")],
)
def test_a_setting_without_meaning_is_named(flags: dict[str, object], what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        load_settings(**flags)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ({"engine": "model"}, "the engine model needs a model; name one with --model"),
        ({"price_input": "1"}, "price_input and price_output are given together, or neither"),
        ({"base_url": "ftp://x"}, "base_url: give it as http://host:port/v1 or https://host/v1"),
        ({"workers": 0}, "workers: Input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_settings_reads_well(flags: dict[str, object], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**flags)
    where = "(look at the flags, STRUCTURER_… in the environment, structurer.toml)"
    assert str(caught.value) == f"settings: {problem} {where}"


@pytest.mark.parametrize("text", ["workers = ", "unheard_of = 1\n"])
def test_a_settings_file_that_cannot_be_used(folder: Path, text: str) -> None:
    (folder / "structurer.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"structurer\.toml"):
        load_settings()


def test_the_hash_is_of_what_changes_results_only() -> None:
    plain = load_settings().config_hash()
    assert plain.startswith("sha256:")
    assert load_settings(workers=7, max_bytes=5).config_hash() == plain
    assert load_settings(encoding="big5").config_hash() != plain
    assert load_settings(encoding_errors="replace").config_hash() != plain
    assert load_settings(encoding="gbk").config_hash() == load_settings(encoding="GB18030").config_hash()
