"""Compare grounding with the aligner of langextract: the same values, the same texts, one run.

    python benchmarks/grounding.py [--budget SECONDS] [--tokenizer regex|unicode]

Values are the gold labels of eval/gold: names, texts, amounts, indicator names and targets. Each search gets
one value and the text of the project's chunk (or of the whole filing) and nothing else. langextract can take
minutes for one value, so it stops taking values, in an order drawn with a fixed seed, when its budget is
spent; both are compared on the values that it took. A second comparison pairs each text with values that
it does not print, where the right answer is nowhere. langextract is no dependency of this project:
pip install langextract.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from langextract.core import tokenizer
from langextract.core.data import Extraction
from langextract.resolver import Resolver

from structurer.chunking import cut
from structurer.documents import read_document
from structurer.grounding import TextIndex, ValueKind, ground

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVAL = Path(__file__).parent.parent / "eval"
TEXTS = (
    "project_name",
    "implementing_unit",
    "project_attribute",
    "overview",
    "basis",
    "necessity",
    "safeguards",
    "implementation_plan",
    "handler",
)
Place = list[tuple[int, int]]
Judge = Callable[["Case", Place], bool]


class Case(NamedTuple):
    """A value to be placed in a text."""

    text: str
    value: str
    kind: ValueKind


class Answer(NamedTuple):
    """What one search said: where the value stands, and how long that took."""

    place: Place
    seconds: float


def values(label: dict[str, Any]) -> Iterator[tuple[str | None, ValueKind]]:
    for field in TEXTS:
        yield label[field], ValueKind.TEXT
    yield from ((goal, ValueKind.TEXT) for goal in label["goals"].values())
    yield label["competent_department"]["name"], ValueKind.TEXT
    for half in label["funding"].values():
        yield from ((amount, ValueKind.AMOUNT) for amount in half.values())
    for row in label["indicators"]:
        yield row["name"], ValueKind.TEXT
        yield row["target"], ValueKind.TEXT


def cases(*, whole_filing: bool) -> list[Case]:
    texts: dict[str, list[str]] = {}
    for path in sorted((EVAL / "filings").glob("*.txt")):
        document = read_document(path)
        chunks = cut(document).chunks
        texts[path.name] = [document.text if whole_filing else document.text[c.start : c.end] for c in chunks]
    found: list[Case] = []
    for path in sorted((EVAL / "gold").glob("*.json")):
        label = json.loads(path.read_text("utf-8"))
        text = texts[label["filing"]][label["ordinal"] - 1]
        found.extend(Case(text, value, kind) for value, kind in values(label) if value)
    return list(dict.fromkeys(found))


def absent(present: Sequence[Case], seed: int) -> list[Case]:
    """Pair each text with a value from elsewhere that it does not print: the right answer is nowhere."""
    draw = random.Random(seed)
    printed = {text: plain(text) for text in dict.fromkeys(case.text for case in present)}
    drawn = [
        case._replace(value=draw.choice(present).value) for case in present if case.kind is ValueKind.TEXT
    ]
    return [case for case in drawn if plain(case.value) not in printed[case.text]]


def plain(text: str) -> str:
    """Drop tags, white space, width and thousands separators: independent of the grounding package."""
    text = re.sub(r"</?[a-z]+>", "", text)
    text = "".join(unicodedata.normalize("NFKC", text).split())
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)


def rightly(case: Case, place: Place) -> bool:
    """Whether the place holds the value, and is its only place if there is only one."""
    if not place or plain("".join(case.text[start:end] for start, end in place)) != plain(case.value):
        return False
    once = case.text.find(case.value)
    unique = once >= 0 and plain(case.text).count(plain(case.value)) == 1
    return not unique or place == [(once, once + len(case.value))]


def ours() -> Callable[[Case], Place]:
    indexes: dict[str, TextIndex] = {}

    def search(case: Case) -> Place:
        if case.text not in indexes:
            indexes[case.text] = TextIndex(case.text)
        return [tuple(span) for span in ground(indexes[case.text], case.value, case.kind).spans]

    return search


def langextract(name: str) -> Callable[[Case], Place]:
    cutter = tokenizer.UnicodeTokenizer() if name == "unicode" else tokenizer.RegexTokenizer()
    resolver = Resolver()

    def search(case: Case) -> Place:
        extraction = Extraction("value", case.value)
        [aligned] = resolver.align([extraction], case.text, 0, 0, tokenizer_inst=cutter)
        interval = aligned.char_interval
        return [(interval.start_pos, interval.end_pos)] if interval else []

    return search


def compare(title: str, drawn: Sequence[Case], options: argparse.Namespace, right: Judge) -> None:
    theirs = run(langextract(options.tokenizer), drawn, options.budget)
    taken = drawn[: len(theirs)]
    mine = run(ours(), taken)
    for kind, name in ((ValueKind.TEXT, "texts"), (ValueKind.AMOUNT, "amounts")):
        chosen = [number for number, case in enumerate(taken) if case.kind is kind]
        if chosen:
            sides = {
                "grounding": [mine[number] for number in chosen],
                f"langextract ({options.tokenizer})": [theirs[number] for number in chosen],
            }
            report(f"{name} {title}", [taken[number] for number in chosen], sides, right)
    ratio = sum(a.seconds for a in theirs) / sum(a.seconds for a in mine)
    print(f"\n  time, langextract / grounding with its index: {ratio:,.0f}")


def run(search: Callable[[Case], Place], taken: Sequence[Case], budget: float = float("inf")) -> list[Answer]:
    answers: list[Answer] = []
    spent = 0.0
    for case in taken:
        if spent > budget:
            break
        started = time.perf_counter()
        place = search(case)
        answers.append(Answer(place, time.perf_counter() - started))
        spent += answers[-1].seconds
    return answers


def report(title: str, taken: Sequence[Case], sides: dict[str, list[Answer]], right: Judge) -> None:
    print(f"\n{title}: {len(taken)} values")
    print(f"  {'':24}{'rightly':>9}{'mean ms':>10}{'worst ms':>10}")
    for name, answers in sides.items():
        share = sum(right(c, a.place) for c, a in zip(taken, answers, strict=True)) / len(taken)
        mean = sum(a.seconds for a in answers) / len(answers) * 1e3
        worst = max(a.seconds for a in answers) * 1e3
        print(f"  {name:24}{share:9.1%}{mean:10.3f}{worst:10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--budget", type=float, default=30, help="seconds for langextract, for each comparison"
    )
    parser.add_argument("--tokenizer", choices=("regex", "unicode"), default="unicode")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    ground(TextIndex("warm"), "up", ValueKind.TEXT)
    for whole_filing, where in ((False, "in the project's chunk"), (True, "in the whole filing")):
        drawn = cases(whole_filing=whole_filing)
        random.Random(7).shuffle(drawn)
        compare(where, drawn, options, rightly)
        compare(f"that are not {where}", absent(drawn, 7), options, lambda _, place: not place)


if __name__ == "__main__":
    main()
