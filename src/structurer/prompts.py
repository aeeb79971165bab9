"""The prompts: Markdown files with a front matter, rendered by Jinja.

A prompt's file is ``prompts/<name>.md``. Its front matter has lines ``key: value`` between two lines ``---``;
``version`` (a number) is required and goes up with every change of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from structurer.errors import StructurerError
from structurer.resources import resource_folder

_FENCE = "---"


class PromptError(StructurerError):
    """A prompt file is missing, or has no proper front matter; the message names it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, ready to be rendered. ``purpose`` says in a line what it is for."""

    name: str
    version: int
    purpose: str
    template: Template

    @property
    def id(self) -> str:
        """Name and version, as they stand in a record's provenance."""
        return f"{self.name}@{self.version}"

    def render(self, **values: object) -> str:
        """Return the prompt's text. Raises ``jinja2.UndefinedError`` for a value that is not given."""
        return self.template.render(**values).strip()


@lru_cache(maxsize=64)
def load_prompt(name: str) -> Prompt:
    """Return the prompt of a name. Raises ``PromptError``."""
    head, _ = _read(name)
    version = head.get("version", "")
    if not version.isdecimal():
        raise PromptError(f"{_file_name(name)}: the front matter must give a version, a whole number")
    return Prompt(name, int(version), head.get("purpose", ""), _environment().get_template(name))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Not HTML: nothing is escaped. Filing text comes in as values, which Jinja never renders again.
    return Environment(
        loader=FunctionLoader(lambda name: _read(name)[1]),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file_name(name: str) -> str:
    return f"prompts/{name}.md"


def _read(name: str) -> tuple[dict[str, str], str]:
    """Return a prompt file's front matter and its body."""
    try:
        text = (resource_folder("prompts") / f"{name}.md").read_text(encoding="utf-8")
    except OSError as error:
        raise PromptError(f"{_file_name(name)}: cannot be read ({error.strerror})") from error
    first, _, rest = text.partition("\n")
    head, fence, body = rest.partition(f"\n{_FENCE}\n")
    if first.strip() != _FENCE or not fence:
        raise PromptError(f"{_file_name(name)}: no front matter; begin with {_FENCE}, version: 1, {_FENCE}")
    pairs = (line.partition(":") for line in head.splitlines() if line.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}, body
