"""langextract as a contestant of benchmarks/model.py, in a process, and mostly an environment, of its own.

    python benchmarks/model_langextract.py FOLDER URL [--in-flight 64]

It extracts two short values from each of the same chunks, one request each, by its own OpenAI provider with
its own prompt. Prints what it took as JSON. Needs ``langextract[openai]``, and nothing of Structurer.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import langextract
from langextract.core.data import Document, ExampleData, Extraction
from langextract.factory import ModelConfig

_PROMPT = "Extract the name of the project and the fiscal year, in the exact words of the text."
_EXAMPLES = [
    ExampleData(
        text="项目名称：道路养护 年度：2023",
        extractions=[Extraction("project", "道路养护"), Extraction("year", "2023")],
    )
]
_LONGEST = 100_000
"""Characters of one request: more than any chunk has."""


def extract(texts: list[str], url: str, in_flight: int) -> None:
    """Extract from texts, one request each."""
    documents = langextract.extract(
        [Document(text) for text in texts],
        prompt_description=_PROMPT,
        examples=_EXAMPLES,
        config=ModelConfig(
            model_id="benchmark",
            provider="openai",
            provider_kwargs={"api_key": "none", "base_url": url, "max_workers": in_flight},
        ),
        max_char_buffer=_LONGEST,
        batch_length=in_flight,
        max_workers=in_flight,
        show_progress=False,
    )
    found = sum(bool(document.extractions) for document in documents)
    if found != len(texts):
        raise SystemExit(f"{found} of {len(texts)} texts were extracted from")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("--in-flight", type=int, default=64)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    warm, texts = (
        json.loads((options.folder / f"{part}.json").read_text(encoding="utf-8"))
        for part in ("warm", "measured")
    )
    extract(warm, options.url, options.in_flight)
    clock, cpu = time.perf_counter(), time.process_time()
    extract(texts, options.url, options.in_flight)
    taken = {"seconds": time.perf_counter() - clock, "cpu": time.process_time() - cpu}
    print(json.dumps({"requests": len(texts), **taken}))


if __name__ == "__main__":
    main()
