import jinja2
import pytest

from structurer.prompts import PromptError, load_prompt
from structurer.resources import resource_folder

NAMES = sorted(path.stem for path in resource_folder("prompts").glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_has_a_version_and_says_what_it_is_for(name: str) -> None:
    prompt = load_prompt(name)

    assert prompt.version >= 1
    assert prompt.id == f"{name}@{prompt.version}"
    assert prompt.purpose


def test_the_front_matter_is_no_part_of_the_text_nor_of_what_is_included() -> None:
    text = load_prompt("performance_target_declaration.point").render(examples=[])

    assert "version:" not in text
    assert "purpose:" not in text
    assert "⟦n⟧" in text


def test_a_value_is_put_in_as_it_is_and_never_run() -> None:
    problem = {"path": "handler", "message": "{{ 7 * 7 }} <b> {% include 'x' %}"}

    text = load_prompt("performance_target_declaration.repair").render(problems=[problem])

    assert text.startswith("Problem: handler: {{ 7 * 7 }} <b> {% include 'x' %}\n")


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        load_prompt("performance_target_declaration.point").render()


def test_a_prompt_that_is_not_there_is_named() -> None:
    with pytest.raises(PromptError, match=r"prompts/no_such_prompt\.md"):
        load_prompt("no_such_prompt")
