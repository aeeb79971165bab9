"""Commands in processes that begin within milliseconds and may be killed: forked after all imports.

``python command_forge.py`` reads orders from its input, one JSON object a line: the arguments of a command,
its folder, the file for all that it says, its settings. For each it prints the process id, and then how it
ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What the machine that runs the tests has set must not reach the commands.
_FOREIGN = ("OPENAI_", "STRUCTURER_")

_BADGE = "FORGED"
"""A variable that tells the processes that a command begins from all others."""


class Forge:
    """Begins commands one after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = 0
        self._badge = ""
        self._at_work = False

    def begin(self, *arguments: object, folder: Path, said: Path, **settings: object) -> None:
        """Begin a command in a folder; all that it prints goes to the file ``said``.

        ``settings`` are those that it finds in its environment, such as ``lease``.
        """
        said.write_bytes(b"")
        self._badge = uuid.uuid4().hex
        environment = {f"STRUCTURER_{name.upper()}": str(value) for name, value in settings.items()}
        order = {
            "arguments": [*map(str, arguments)],
            "folder": str(folder),
            "said": str(said),
            "environment": {_BADGE: self._badge} | environment,
        }
        self._write(order)
        self.pid = int(self._read())
        self._at_work = True

    def kill(self) -> None:
        """End the command as a loss of power would; ``ended`` then says what came of it."""
        with suppress(ProcessLookupError):  # it may have come to its end by itself
            os.kill(self.pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """Press Ctrl-C: in a terminal the processes that the command has begun hear of it as well."""
        for pid in (self.pid, *self.helpers()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)

    def helpers(self) -> set[int]:
        """Return the processes that the command has begun and that are still there, whoever is gone."""
        badge = f"{_BADGE}={self._badge}".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and badge in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
        return found

    def busiest(self, seconds: float) -> int | None:
        """Return a process that reads a filing, and has computed so long; ``None`` if there is none yet."""
        helpers = self.helpers()
        # Readers come from a server that is a helper itself, and computes only to begin.
        readers = [pid for pid in helpers if _parent(pid) in helpers]
        return next((pid for pid in readers if processor_seconds(pid) >= seconds), None)

    def ended(self) -> int:
        """Wait for the command; return its exit status, or the number of its signal below zero."""
        status = int(self._read())
        self._at_work = False
        return status

    def clear(self) -> None:
        """End a command that a test has left behind, also one that is stopped."""
        if self._at_work:
            self.kill()
            self.ended()

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
        ready = Forge(process)
        try:
            yield ready
        finally:
            ready.clear()


def processor_seconds(pid: int) -> float:
    """Return for how long a process has computed; 0 for one that is no more."""
    fields = _standing(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0


def _parent(pid: int) -> int:
    fields = _standing(pid)
    return int(fields[1]) if fields else 0


def _standing(pid: int) -> list[str]:
    """Return what the system says of a process, from its state on; nothing if it is no more."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return []


def _serve() -> None:
    import structurer.runs.access
    import structurer.runs.processes
    import structurer.runs.with_model  # noqa: F401  (imported once, for all commands)

    with suppress(ImportError):
        import psycopg  # noqa: F401
    from structurer.cli import app

    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(app, **order)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _become(
    app: object, arguments: list[str], folder: str, said: str, environment: dict[str, str]
) -> NoReturn:
    os.chdir(folder)
    os.environ.update(environment)
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
