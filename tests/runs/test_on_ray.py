"""Runs on a Ray cluster: several nodes on this machine, of which some die and some are not fit to read."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import threading
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from looking import Look, patiently

from commands import report, structurer, written
from structurer.errors import ClusterError
from structurer.runs.on_node import parcel
from structurer.runs.on_ray import RayReader
from structurer.runs.planning import PlannedFiling
from structurer.runs.readers import Task
from structurer.settings import Settings
from structurer.store import Failure, NewResult

if find_spec("ray") is None:
    pytest.skip("Ray is not installed", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from looking import Alone
    from ray.cluster_utils import Cluster
    from typer.testing import Result

    from structurer.runs.readers import Outcome

_ROOT = Path(__file__).parents[2]
_TIME_LIMIT = 3
_SECRET = "hunter2"


@contextmanager
def _cluster(processors: int, nodes: int) -> Iterator[Cluster]:
    """Give a cluster: its head with so many processors, and so many nodes with one each."""
    from ray.cluster_utils import (
        Cluster,
    )  # it takes its settings from the environment as soon as it is loaded

    head = {"num_cpus": processors, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1)
        yield cluster
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    """Let the clusters of these tests obey nobody else; and let there be secrets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", os.urandom(16).hex())
        for name in ("OPENAI_API_KEY", "STRUCTURER_API_KEY", "PGPASSWORD"):
            patch.setenv(name, _SECRET)
        yield


@pytest.fixture(scope="module")
def cluster(_environment: None) -> Iterator[Cluster]:
    """A cluster whose head hands out only, as what dies here is to be another's."""
    with _cluster(processors=0, nodes=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def reader(cluster: Cluster) -> Iterator[RayReader]:
    with closing(RayReader(Settings(time_limit=_TIME_LIMIT), cluster.address)) as reader:
        yield reader


@pytest.fixture(scope="module")
def few(filings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 19 filings: two have the same content, and one is broken."""
    folder = tmp_path_factory.mktemp("few")
    names = [*(f"{number:02}.txt" for number in range(17)), "05 again.txt", "empty.txt"]
    for name in names:
        shutil.copy(filings / name, folder)
    return folder


def _run(cluster: Cluster, filings: Path, folder: Path, **environment: str) -> Result:
    store = f"sqlite:///{folder / 'work.db'}"
    where = ("--runner", "ray", "--address", cluster.address)
    return structurer("run", filings, "--store", store, "--out", folder / "out", *where, **environment)


@contextmanager
def _meanwhile(folder: Path, settled: int, happens: Callable[[], object]) -> Iterator[None]:
    """Let something happen as soon as a run in a folder has settled so many filings."""
    look = Look(f"sqlite:///{folder / 'work.db'}")

    def watch() -> None:
        patiently(lambda: len(look.settled()) >= settled)
        happens()

    watching = threading.Thread(target=watch)
    watching.start()
    yield
    watching.join()


def _task(path: Path) -> Task:
    return Task(PlannedFiling(path.name, path), hashlib.sha256(path.read_bytes()).hexdigest())


class _Trap(os.PathLike[str]):
    """A path that, when a node takes it out of its parcel, first does something there."""

    def __init__(self, path: Path, does: str) -> None:
        self._path = str(path)
        self._does = dedent(does)

    def __fspath__(self) -> str:
        return self._path

    def __reduce__(self) -> tuple[Any, ...]:
        # Nodes do not know this module: a trap travels as nothing but an expression.
        return eval, (f"[exec({self._does!r}, {{}}), __import__('pathlib').Path({self._path!r})][1]",)


def _trapped(path: Path, does: str) -> Task:
    task = _task(path)
    trap: Any = _Trap(path, does)
    return Task(PlannedFiling(path.name, trap), task.sha256)


def _outcome(reader: RayReader, task: Task) -> Outcome:
    return reader.submit(task).result(90)


def test_a_cluster_gives_the_same_files(
    cluster: Cluster, few: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    alone = undisturbed(few)
    result = _run(cluster, few, tmp_path)
    assert result.exit_code == alone.status
    assert written(tmp_path / "out") == alone.files


def test_a_node_that_dies_in_the_middle_costs_nothing(
    cluster: Cluster, few: Path, undisturbed: Alone, tmp_path: Path
) -> None:
    alone = undisturbed(few)
    node = cluster.add_node(num_cpus=1)
    with _meanwhile(tmp_path, 5, lambda: cluster.remove_node(node, allow_graceful=False)):
        result = _run(cluster, few, tmp_path)
    assert result.exit_code == alone.status
    assert written(tmp_path / "out") == alone.files
    look = Look(f"sqlite:///{tmp_path / 'work.db'}")
    assert look.kept() == alone.kept
    assert {item.attempts for item in look.items().values()} == {1}


def test_an_interrupt_while_a_cluster_is_joined_is_heeded(
    cluster: Cluster, few: Path, tmp_path: Path
) -> None:
    before = _drivers()

    def interrupt() -> None:
        patiently(lambda: _drivers() > before)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    result = _run(cluster, few, tmp_path)
    interrupting.join()
    assert result.exit_code == 130
    assert "Run the same command again to go on." in " ".join(result.stderr.split())


def test_a_filing_over_which_its_node_dies_is_read_elsewhere(
    reader: RayReader, filings: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    kills_its_node_once = f"""
        import os, pathlib, signal
        seen = pathlib.Path({str(seen)!r})
        if not seen.exists():
            seen.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert isinstance(_outcome(reader, _trapped(filings / "00.txt", kills_its_node_once)), NewResult)
    assert seen.exists()


def test_a_filing_that_takes_too_long_costs_only_itself(
    reader: RayReader, filings: Path, slow_filing: Path
) -> None:
    slow = reader.submit(_task(slow_filing))
    assert isinstance(_outcome(reader, _task(filings / "00.txt")), NewResult)
    failed = slow.result(90)
    assert isinstance(failed, Failure)
    assert failed.error == "TimeLimitError"
    assert f"took longer than {_TIME_LIMIT} seconds" in failed.problem
    assert isinstance(_outcome(reader, _task(filings / "01.txt")), NewResult)


def test_a_filing_that_kills_whoever_reads_it_is_given_up(
    reader: RayReader, filings: Path, tmp_path: Path
) -> None:
    deaths = tmp_path / "deaths"
    kills = f"""
        import os, signal
        with open({str(deaths)!r}, "a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    failed = _outcome(reader, _trapped(filings / "00.txt", kills))
    assert isinstance(failed, Failure)
    assert failed.error == "WorkerDiedError"
    assert deaths.read_text() == "xxx"
    assert isinstance(_outcome(reader, _task(filings / "00.txt")), NewResult)


def test_a_folder_that_a_node_lacks_is_not_held_against_its_filings(reader: RayReader, filings: Path) -> None:
    with (filings / "00.txt").open("rb") as file:
        # A path that leads somewhere in this process alone.
        path = Path(f"/proc/self/fd/{os.dup2(file.fileno(), 200, inheritable=False)}")
        try:
            with pytest.raises(ClusterError, match="/proc/self/fd/200 cannot be read there; it is there on"):
                _outcome(reader, _task(path))
        finally:
            os.close(200)


def test_a_filing_that_is_gone_everywhere_has_failed(
    reader: RayReader, filings: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    shutil.copy(filings / "00.txt", path)
    task = _task(path)
    path.unlink()
    failed = _outcome(reader, task)
    assert isinstance(failed, Failure)
    assert failed.error == "UnreadableDocumentError"


def test_a_node_with_another_program_reads_nothing(
    filings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    for part in ("src", "prompts", "schemas"):
        shutil.copytree(_ROOT / part, other / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "src" / "structurer" / "text.py").open("a") as file:
        file.write("# changed\n")
    monkeypatch.setenv("PYTHONPATH", str(other / "src"))
    another = pytest.raises(ClusterError, match=r"has another structurer .* with other files")
    with closing(RayReader(Settings(workers=1))) as reader, another:
        _outcome(reader, _task(filings / "00.txt"))


def test_keys_and_passwords_do_not_travel(reader: RayReader, filings: Path) -> None:
    secretive = Settings(store=f"postgresql://me:{_SECRET}@nowhere/structurer")
    assert secretive.api_key is not None
    assert _SECRET.encode() not in parcel(_task(filings / "00.txt"), secretive)
    (driver,) = _drivers()
    # A Ray that it starts inherits its environment; its command line is shown to any cluster.
    assert b"RAY_AUTH_TOKEN" in _of(driver, "environ")
    assert _SECRET.encode() not in _of(driver, "environ") + _of(driver, "cmdline")


def _drivers() -> set[str]:
    """Return the processes that speak with Ray for this one."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="utf-8").split()
    return {pid for pid in children if b"ray_driver" in _of(pid, "cmdline")}


def _of(pid: str, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:  # it has ended
        return b""


def test_a_run_whose_cluster_is_gone_goes_on_without_it(few: Path, slow_filing: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(few, tmp_path / "filings")
    shutil.copy(slow_filing, folder)
    with _cluster(processors=1, nodes=0) as cluster:
        # As long as Ray tries to reach the process at the head of its cluster; a minute if it is not set.
        patience = {"RAY_gcs_rpc_server_reconnect_timeout_s": "3"}
        head: Any = cluster.head_node
        with _meanwhile(tmp_path, 5, head.kill_gcs_server):
            result = _run(cluster, folder, tmp_path, **patience)
    assert result.exit_code == 3
    assert "Why it stopped: Ray: the cluster is gone" in " ".join(result.stderr.split())
    look = Look(f"sqlite:///{tmp_path / 'work.db'}")
    before = look.settled()
    assert len(before) >= 5
    store = ("--store", f"sqlite:///{tmp_path / 'work.db'}", "--out", tmp_path / "out")
    structurer("run", folder, *store, STRUCTURER_TIME_LIMIT="2")
    assert before.items() <= look.settled().items()
    assert {failed["error"] for failed in report(tmp_path / "out")["failures"]} >= {"TimeLimitError"}
    assert report(tmp_path / "out")["counts"]["filings"] == 20


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--runner", "spark"], "error: runner: 'spark' is none; give local or ray"),
        (["--address", "auto"], "error: address: a cluster has one"),
        (["--runner", "ray", "--model", "m"], "error: runner: a model is asked from one process"),
        (["--runner", "ray", "--address", "nonsense"], "error: Ray: Invalid address format: nonsense"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    filings: Path, arguments: list[str], problem: str, tmp_path: Path
) -> None:
    result = structurer("run", filings, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr.splitlines()[-1]


def test_without_ray_it_is_said_how_to_get_it(
    filings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    result = structurer("run", filings, "--out", tmp_path / "out", "--runner", "ray")
    assert result.exit_code == 2
    assert "pip install 'structurer[ray]'" in result.stderr
