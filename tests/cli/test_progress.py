from __future__ import annotations

import io
import json
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from structurer.cli.pace import Pace
from structurer.cli.progress import Mode, Progress, chosen_mode, progress
from structurer.errors import SettingsError
from structurer.runs.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_ALL = Tally(
    found=5000,
    searching=False,
    done=1225,
    failed=9,
    declarations=12_345,
    doubtful=678,
    cost=Decimal("1.2345"),
)


class _Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class _Screen:
    """A console that writes into memory, and the clock by which it is watched."""

    terminal: bool = False
    width: int = 100
    term: str = "xterm-256color"
    clock: _Hand = field(default_factory=_Hand)
    file: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.console = Console(
            file=self.file,
            width=self.width,
            force_terminal=self.terminal,
            highlight=False,
            _environ={"TERM": self.term},
        )

    @contextmanager
    def showing(self, mode: Mode) -> Iterator[Progress]:
        with progress(self.console, mode, self.clock) as shown:
            yield shown

    @property
    def lines(self) -> list[str]:
        return self.file.getvalue().splitlines()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.getvalue().split("\n")[:-1]]

    @property
    def frames(self) -> list[str]:
        """What stood on the screen, one drawing of the bar after another, without its colours."""
        drawn = re.split(r"\r?(?:\x1b\[1A)?\x1b\[2K", self.file.getvalue())
        return [_ESCAPE.sub("", frame).rstrip("\n") for frame in drawn if frame]


def _break_off(screen: _Screen, mode: Mode) -> None:
    with screen.showing(mode) as shown:
        shown.tally(_ALL)
        screen.clock.wait(31)
        raise KeyboardInterrupt


class TestPace:
    @pytest.fixture
    def clock(self) -> _Hand:
        return _Hand()

    @pytest.fixture
    def pace(self, clock: _Hand) -> Pace:
        return Pace(clock)

    def test_a_run_taken_up_again_is_as_fast_as_what_it_does_now(self, pace: Pace, clock: _Hand) -> None:
        pace.take(Tally(found=3000, done=990, failed=10, already=1000, declarations=9900))
        clock.wait(10)
        pace.take(Tally(found=3000, done=1030, failed=20, already=1000, declarations=10_300))
        assert pace.filings_per_second == pytest.approx(5)
        assert pace.declarations_per_second == pytest.approx(40)

    def test_filings_that_turn_out_to_be_settled_already_do_not_count(self, pace: Pace, clock: _Hand) -> None:
        done = already = declarations = 0
        for _ in range(20):
            done, already, declarations = done + 100, already + 90, declarations + 200
            clock.wait(1)
            pace.take(Tally(found=9000, done=done, already=already, declarations=declarations))
        assert pace.filings_per_second == pytest.approx(10)
        assert pace.declarations_per_second == pytest.approx(20)

    def test_a_rate_is_that_of_the_last_minute(self, pace: Pace, clock: _Hand) -> None:
        done = 0
        for each in [1] * 300 + [10] * 61:
            done += each
            clock.wait(1)
            pace.take(Tally(done=done, declarations=2 * done))
        assert pace.filings_per_second == pytest.approx(10)
        assert pace.declarations_per_second == pytest.approx(20)

    def test_a_rate_does_not_depend_on_how_often_it_is_fed(self, clock: _Hand) -> None:
        often, seldom = Pace(clock), Pace(clock)
        done = 0
        for turn in range(60 * 128):
            clock.wait(1 / 128)
            done += 1 if turn < 30 * 128 else 3
            often.take(Tally(done=done))
            if turn % 320 == 0:
                seldom.take(Tally(done=done))
        seldom.take(Tally(done=done))
        assert often.filings_per_second == pytest.approx(2 * 128, rel=0.01)
        assert seldom.filings_per_second == pytest.approx(2 * 128, rel=0.01)

    def test_where_filings_take_longer_than_a_minute_the_rate_is_still_known(
        self, pace: Pace, clock: _Hand
    ) -> None:
        for second in range(1, 1000):
            clock.wait(1)
            pace.take(Tally(found=1000, searching=False, done=second // 80))
        assert pace.filings_per_second == pytest.approx(1 / 80, rel=0.15)
        assert pace.seconds_left == pytest.approx((1000 - 12) * 80, rel=0.15)

    def test_a_run_that_stands_still_takes_longer_and_at_last_nobody_knows_how_long(
        self, pace: Pace, clock: _Hand
    ) -> None:
        left = []
        for second in range(1, 1000):
            clock.wait(1)
            pace.take(Tally(found=1000, searching=False, done=min(second, 100)))
            left.append(pace.seconds_left)
        at_first, later, at_last = left[99], left[199], left[-1]
        assert at_first == pytest.approx(900)
        assert later is not None
        assert later > 2 * 900
        assert at_last is None
        assert pace.filings_per_second == 0

    def test_after_a_stop_the_rate_is_right_within_a_minute(self, pace: Pace, clock: _Hand) -> None:
        for second in range(1, 562):
            clock.wait(1)
            pace.take(Tally(done=max(second - 500, 0) * 7 + min(second, 100)))
        assert pace.filings_per_second == pytest.approx(7)

    def test_time_left_is_known_when_all_is_found_and_something_is_settled(
        self, pace: Pace, clock: _Hand
    ) -> None:
        assert pace.seconds_left is None
        clock.wait(1)
        pace.take(Tally(found=100, searching=False, done=1))
        assert pace.seconds_left is None, "the first second tells of how the run began"
        clock.wait(9)
        pace.take(Tally(found=100, searching=True, done=20))
        assert pace.seconds_left is None
        pace.take(Tally(found=100, searching=False, done=60, already=60))
        assert pace.seconds_left is None
        pace.take(Tally(found=100, searching=False, done=16, failed=4))
        assert pace.seconds_left == pytest.approx(40)
        pace.take(Tally(found=100, searching=False, done=90, failed=10))
        assert pace.seconds_left == 0
        pace.take(Tally(found=100, searching=False, done=100, failed=1))
        assert pace.seconds_left == 0, "folders that cannot be opened fail too"

    def test_no_time_is_left_where_all_was_done_before(self, pace: Pace) -> None:
        pace.take(Tally(found=100, searching=False, done=100, already=100))
        assert pace.seconds_left == 0

    def test_before_any_time_has_passed_there_is_no_rate(self, pace: Pace) -> None:
        pace.take(Tally(done=5, declarations=50))
        assert pace.filings_per_second == pace.declarations_per_second == 0


class TestChosenMode:
    def test_a_bar_in_a_terminal_and_lines_elsewhere(self) -> None:
        assert chosen_mode(_Screen(terminal=True).console, None, quiet=False) == "bar"
        assert chosen_mode(_Screen(terminal=False).console, None, quiet=False) == "lines"
        assert chosen_mode(_Screen(terminal=True, term="dumb").console, None, quiet=False) == "lines"

    @pytest.mark.parametrize("wanted", ["bar", "lines", "json", "quiet"])
    def test_what_is_wanted_goes_before_and_quiet_before_that(self, wanted: str) -> None:
        console = _Screen(terminal=wanted != "bar").console
        assert chosen_mode(console, wanted, quiet=False) == wanted
        assert chosen_mode(console, wanted, quiet=True) == "quiet"

    def test_what_is_no_mode_is_refused(self) -> None:
        with pytest.raises(SettingsError, match=r"^progress: 'fancy' .*; give bar, lines, json or quiet$"):
            chosen_mode(_Screen().console, "fancy", quiet=True)


class TestLines:
    def test_one_line_a_filing(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            shown.tally(Tally(found=5))
            shown.settled("a.txt", 10, None)
            shown.settled("b.txt", None, "is empty")
            shown.tally(Tally(found=1234, searching=False, done=1, failed=1))
            shown.settled("c.txt", 1, None)
        assert screen.lines == [
            "[1/5+] a.txt: 10 declarations",
            "failed: b.txt: is empty",
            "[3/1,234] c.txt: 1 declaration",
        ]

    def test_numbers_go_on_whether_a_tally_comes_before_or_after_its_filing(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            shown.settled("early", 2, None)
            shown.tally(Tally(found=20, searching=False, done=11, already=10))
            shown.settled("after the first ten", 2, None)
            shown.tally(Tally(found=20, searching=False, done=12, already=10))
            shown.settled("after its tally", 2, None)
            shown.tally(Tally(found=20, searching=False, done=17, already=10))
            shown.settled("while others work", 2, None)
        assert [line.split()[0] for line in screen.lines] == ["[1/1+]", "[11/20]", "[12/20]", "[17/20]"]

    def test_numbers_begin_after_those_that_were_done_before(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            shown.tally(Tally(found=20, searching=False, done=10, already=10))
            shown.settled("eleventh", 2, None)
            shown.settled("twelfth", 2, None)
        assert [line.split()[0] for line in screen.lines] == ["[11/20]", "[12/20]"]

    def test_figures_every_half_minute_and_at_the_end(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            for second in range(1, 101):
                screen.clock.wait(1)
                shown.tally(replace(_ALL, done=12 * second, failed=0, searching=second < 50))
            shown.tally(replace(_ALL, found=1206, done=1197))
        assert screen.lines == [
            "360 of 5,000+ filings, 12,345 declarations, 678 to review, 0 failed; 12.0 filings/s, $1.23",
            "720 of 5,000 filings, 12,345 declarations, 678 to review, 0 failed; "
            "12.0 filings/s, 6 min left, $1.23",
            "1,080 of 5,000 filings, 12,345 declarations, 678 to review, 0 failed; "
            "12.0 filings/s, 5 min left, $1.23",
            "1,206 of 1,206 filings, 12,345 declarations, 678 to review, 9 failed; 12.1 filings/s, $1.23",
        ]

    def test_a_short_run_ends_without_figures(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            screen.clock.wait(29)
            shown.tally(_ALL)
        assert screen.lines == []

    def test_a_run_that_breaks_off_says_how_far_it_came(self) -> None:
        screen = _Screen()
        with pytest.raises(KeyboardInterrupt):
            _break_off(screen, "lines")
        assert [line[:22] for line in screen.lines] == ["1,234 of 5,000 filings"]

    def test_the_last_figures_are_said_once(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            screen.clock.wait(40)
            shown.tally(_ALL)
        assert len(screen.lines) == 1

    def test_what_is_seldom_is_named_where_it_is(self) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            screen.clock.wait(40)
            shown.tally(replace(_ALL, skipped=1234, waiting=56, cost=None))
        assert ", 9 failed, 1,234 skipped, 56 with other runners; 30.9 filings/s, " in screen.lines[0]
        assert "$" not in screen.lines[0]

    @pytest.mark.parametrize(
        ("done", "seconds", "words"),
        [
            (4000, 40, "100.0 filings/s, 10 s left"),
            (2000, 50, "40.0 filings/s, 75 s left"),
            (300, 60, "5.0 filings/s, 16 min left"),
            (30, 60, "30.0 filings/min, 2 h 46 min left"),
            (30, 1800, "1.0 filings/min, 3 days 10 h left"),
            (4, 7200, "2.0 filings/h, 104 days 2 h left"),
            (0, 60, "0 filings/s"),
        ],
    )
    def test_pace_and_time_are_said_in_units_that_suit_them(
        self, done: int, seconds: int, words: str
    ) -> None:
        screen = _Screen()
        with screen.showing("lines") as shown:
            screen.clock.wait(seconds)
            shown.tally(Tally(found=5000, searching=False, done=done))
        assert screen.lines[0].rpartition("; ")[2] == words

    def test_names_and_problems_are_harmless_and_stay_in_their_line(self) -> None:
        screen = _Screen(width=40)
        name = "a\n[9/9] forged\x1b[2J[red]" + "长" * 40
        with screen.showing("lines") as shown:
            shown.tally(Tally(found=2, searching=False))
            shown.settled(name, 3, None)
            shown.settled(name, None, f"{name}: is\nempty")
        harmless = "a [9/9] forged [2J[red]" + "长" * 40
        assert screen.lines == [
            f"[1/2] {harmless}: 3 declarations",
            f"failed: {harmless}: is empty",
        ]


class TestJson:
    def test_figures_every_five_seconds_and_at_the_end(self) -> None:
        screen = _Screen()
        before = datetime.now(UTC) - timedelta(seconds=1)
        with screen.showing("json") as shown:
            shown.settled("a.txt", 10, None)
            for _ in range(56):
                screen.clock.wait(0.25)
                shown.tally(replace(_ALL, searching=True))
            shown.settled("b\x1b.txt", None, "b\x1b.txt: 空的")
            shown.tally(replace(_ALL, found=1794, already=1094))
        assert [event["event"] for event in screen.events] == ["progress", "progress", "failed", "progress"]
        first, _, failed, last = screen.events
        assert failed == {"event": "failed", "filing": "b\x1b.txt", "problem": "空的"}
        at = datetime.fromisoformat(last.pop("at"))
        assert at.utcoffset() == timedelta(0)
        assert before <= at <= datetime.now(UTC)
        assert last == {
            "event": "progress",
            "found": 1794,
            "searching": False,
            "done": 1225,
            "failed": 9,
            "skipped": 0,
            "declarations": 12_345,
            "doubtful": 678,
            "cost": "1.2345",
            "already": 1094,
            "waiting": 0,
            "filings_per_second": 10.0,
            "declarations_per_second": pytest.approx(12_345 / 14, abs=0.001),
            "seconds_left": 56.0,
        }
        assert (first["searching"], first["seconds_left"]) == (True, None)

    def test_each_event_is_one_line_of_ascii_in_a_narrow_terminal_too(self) -> None:
        screen = _Screen(terminal=True, width=20)
        with screen.showing("json") as shown:
            shown.settled("[red]长\n\x9b\u2028:smile:", None, "空 " * 100)
        written = screen.file.getvalue()
        assert written.isascii()
        assert "\x1b" not in written
        assert [event["event"] for event in screen.events] == ["failed", "progress"]
        assert screen.events[0]["filing"] == "[red]长\n\x9b\u2028:smile:"

    def test_money_that_is_not_spent_is_nothing_and_small_sums_are_written_out(self) -> None:
        screen = _Screen()
        with screen.showing("json") as shown:
            shown.tally(Tally())
        with screen.showing("json") as shown:
            shown.tally(Tally(cost=Decimal("1E-9")))
        assert [event["cost"] for event in screen.events] == [None, "0.000000001"]

    def test_a_run_that_breaks_off_says_how_far_it_came(self) -> None:
        screen = _Screen()
        with pytest.raises(KeyboardInterrupt):
            _break_off(screen, "json")
        assert [event["done"] for event in screen.events] == [1225]


class TestBar:
    def test_it_shows_all_figures(self) -> None:
        screen = _Screen(terminal=True)
        with screen.showing("bar") as shown:
            screen.clock.wait(50)
            shown.tally(replace(_ALL, searching=True))
            shown.tally(_ALL)
        first, searching, last = screen.frames
        assert re.fullmatch(r"filings ━+ 0/0\+ *\n0 declarations, 0 to review, 0 failed; 0 filings/s", first)
        assert " 1,234/5,000+" in searching
        assert "left" not in searching
        assert re.fullmatch(
            r"filings ━+[╸╺]?━+ 1,234/5,000 3 min left\n"
            r"12,345 declarations, 678 to review, 9 failed; 24.7 filings/s, \$1.23",
            last,
        )

    def test_it_is_full_when_all_is_settled(self) -> None:
        screen = _Screen(terminal=True)
        colours = []
        for found in (1234, 5000):
            with screen.showing("bar") as shown:
                shown.tally(replace(_ALL, found=found))
            bar = screen.file.getvalue().rpartition("filings ")[2]
            colours.append(len(set(re.findall(r"\x1b\[([0-9;]+)m━", bar))))
        assert colours == [1, 2]

    def test_failures_stand_above_it_in_red(self) -> None:
        screen = _Screen(terminal=True)
        with screen.showing("bar") as shown:
            shown.settled("a.txt", 2, None)
            shown.settled("b\n.txt", None, "b\n.txt: is empty")
        assert "\x1b[31mfailed: b .txt: is empty\x1b[0m\nfilings " in screen.file.getvalue()
        assert "a.txt" not in screen.file.getvalue()
        failed, bar = screen.frames[1].split("\n", 1)
        assert failed == "failed: b .txt: is empty"
        assert bar.startswith("filings ")

    def test_it_is_drawn_ten_times_a_second_at_most(self) -> None:
        screen = _Screen(terminal=True)
        with screen.showing("bar") as shown:
            for turn in range(1024):
                screen.clock.wait(1 / 1024)
                shown.tally(Tally(found=1024, searching=False, done=turn))
        assert 8 <= len(screen.frames) <= 12
        assert " 1,023/1,024 " in screen.frames[-1]

    def test_no_figure_is_lost_in_a_narrow_terminal(self) -> None:
        screen = _Screen(terminal=True, width=40)
        with screen.showing("bar") as shown:
            screen.clock.wait(50)
            shown.tally(_ALL)
            shown.settled("b.txt", None, "is empty " * 10)
        for frame in screen.frames[-2:]:
            words = " ".join(frame.split())
            assert "1,234/5,000 3 min left" in words
            assert "12,345 declarations, 678 to review, 9 failed; 24.7 filings/s, $1.23" in words

    def test_in_a_file_only_its_end_is_written_as_lines(self) -> None:
        screen = _Screen(terminal=False)
        with screen.showing("bar") as shown:
            screen.clock.wait(50)
            shown.tally(_ALL)
            shown.settled("b.txt", None, "is empty")
        written = screen.file.getvalue()
        assert "\x1b" not in written
        assert written.count("filings ━") == written.count("1,234/5,000") == 1
        assert written.startswith("failed: b.txt: is empty\nfilings ")
        assert written.endswith("$1.23\n")

    def test_what_is_printed_to_standard_output_meanwhile_goes_there(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        screen = _Screen(terminal=True)
        with screen.showing("bar"):
            print("a result")
            print("a warning", file=sys.stderr)
        assert capsys.readouterr().out == "a result\n"
        assert "a result" not in screen.file.getvalue()
        assert "a warning\nfilings" in _ESCAPE.sub("", screen.file.getvalue())

    def test_the_cursor_comes_back_where_a_run_breaks_off(self) -> None:
        screen = _Screen(terminal=True)
        with pytest.raises(KeyboardInterrupt):
            _break_off(screen, "bar")
        assert screen.file.getvalue().endswith("\n\x1b[?25h")
        assert " 1,234/5,000" in screen.frames[-1]


def test_quiet_says_nothing_but_failures() -> None:
    screen = _Screen(terminal=True)
    with screen.showing("quiet") as shown:
        screen.clock.wait(100)
        shown.tally(_ALL)
        shown.settled("a.txt", 10, None)
        shown.settled("[b]\x1b.txt", None, "is empty")
    assert screen.file.getvalue() == "\x1b[31mfailed: [b] .txt: is empty\x1b[0m\n"
