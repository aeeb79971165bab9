"""``structurer schema``: the JSON Schemas of what is written."""

from __future__ import annotations

import typer

from structurer.cli.console import err, errors_in_one_line, out, safe
from structurer.errors import OutputError
from structurer.schemas import SCHEMA_NAMES, schema_path, schema_text

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def schema() -> None:
    """Write the JSON Schemas from the models, or check that they agree.

    \b
    Examples:
      structurer schema export
      structurer schema check
    """


@app.command()
def export() -> None:
    """Write schemas/*.json from the models.

    \b
    Example:
      structurer schema export
    """
    with errors_in_one_line():
        for name in SCHEMA_NAMES:
            path = schema_path(name)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(schema_text(name), encoding="utf-8", newline="\n")
            except OSError as error:
                raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
            out().print(safe(f"wrote {path}"), soft_wrap=True)


@app.command()
def check() -> None:
    """Check that schemas/*.json are what the models say; the exit status is 1 where they differ.

    \b
    Example:
      structurer schema check
    """
    paths = {name: schema_path(name) for name in SCHEMA_NAMES}
    differ = [
        path
        for name, path in paths.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != schema_text(name)
    ]
    for path in differ:
        err().print(safe(f"{path}: differs from the models; run: structurer schema export"), soft_wrap=True)
    if differ:
        raise typer.Exit(1)
    out().print(f"{len(paths)} schemas agree with the models")
