"""Draw docs/show.svg: what ``structurer show docs/example.txt`` prints, the middle of the fields left out.

python docs/make_pictures.py
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).parent
COMMAND = [sys.executable, "-c", "from structurer.cli import app; app()", "show", "example.txt"]
WIDTH = 100
CUT = ("funding.implementation_period.ce", "handler")
"""The fields from the first of these up to the second are left out."""

# The picture must look the same without a network, so it loads no font.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Run the command and draw what it prints."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    printed = subprocess.run(COMMAND, cwd=DOCS, env=environment, capture_output=True, check=True).stdout
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(shortened(printed.decode().splitlines()))))
    picture = console.export_svg(title="structurer show docs/example.txt")
    (DOCS / "show.svg").write_text(_FONT_FACE.sub("", picture), encoding="utf-8")


def shortened(lines: list[str]) -> list[str]:
    """Return the lines without the cut, which leaves a mark."""
    first, last = (next(n for n, line in enumerate(lines) if line.startswith(word)) for word in CUT)
    return [*lines[:first], "⋮", *lines[last:]]


if __name__ == "__main__":
    main()
