from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from structurer import resources
from structurer.cli import app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path)
    return tmp_path / "schemas"


def test_export_then_check_agrees_and_a_change_is_found(checkout: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["schema", "check"]).exit_code == 1
    assert runner.invoke(app, ["schema", "export"]).exit_code == 0
    assert sorted(path.name for path in checkout.iterdir()) == [
        "performance_target_declaration.json",
        "record.json",
    ]
    assert runner.invoke(app, ["schema", "check"]).exit_code == 0
    (checkout / "record.json").write_text("{}")
    result = runner.invoke(app, ["schema", "check"])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{checkout / 'record.json'}: differs from the models; run: structurer schema export"
    ]


def test_an_installed_package_uses_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    (tmp_path / "_resources" / "schemas").mkdir(parents=True)
    assert resources.resource_folder("schemas") == tmp_path / "_resources" / "schemas"
