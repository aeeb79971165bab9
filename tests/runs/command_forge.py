"""Commands in processes that begin within milliseconds and may be killed: forked after all imports.

``python command_forge.py`` reads orders from its input, one JSON object a line: the arguments of a command,
its folder, the file for all that it says. For each it prints the process id, and then how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What the machine that runs the tests has set must not reach the commands.
_FOREIGN = ("OPENAI_", "STRUCTURER_")


class Forge:
    """Begins commands one after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = 0

    def begin(self, *arguments: object, folder: Path, said: Path) -> None:
        """Begin a command in a folder; all that it prints goes to the file ``said``."""
        said.write_bytes(b"")
        order = {"arguments": [*map(str, arguments)], "folder": str(folder), "said": str(said)}
        self._write(order)
        self.pid = int(self._read())

    def kill(self) -> None:
        """End the command as a loss of power would; ``ended`` then says what came of it."""
        with suppress(ProcessLookupError):  # it may have come to its end by itself
            os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> int:
        """Wait for the command; return its exit status, or the number of its signal below zero."""
        return int(self._read())

    def _write(self, order: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def forge() -> Iterator[Forge]:
    """Give a forge; all its commands have ended at the end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    command = [sys.executable, str(Path(__file__).resolve())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Forge(process)


def _serve() -> None:
    import structurer.runs.access
    import structurer.runs.with_model  # noqa: F401  (imported once, for all commands)
    from structurer.cli import app

    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(app, **order)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _become(app: object, arguments: list[str], folder: str, said: str) -> NoReturn:
    os.chdir(folder)
    output = os.open(said, os.O_WRONLY | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    status = 1
    try:
        assert callable(app)
        app(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
