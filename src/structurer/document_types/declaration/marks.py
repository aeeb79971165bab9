"""The marks by which one declaration is told from the next: titles, years, heads, feet."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from structurer.document_types.declaration.vocabulary import Group, match_label, squeeze

_TITLE = re.compile(r"绩效(?:目标|自评)(?:申报|批复|公开|审核|自评)?表$|绩效目标申报$")
_TITLE_SUBJECT = "项目支出"
_TITLE_ENDINGS = ("绩效目标申报表", "绩效目标表", "绩效目标批复表")
_LABELS_OF_A_FORM = ("主管部门", "单位", "资金总额", "目标", "一级指标", "三级指标", "产出指标")
_ENOUGH_LABELS = 5
_LONGEST_TITLE = 60
_LONGEST_HEADING = 45
_YEAR = r"[12](?:[ \u3000]?\d){3}"
_YEAR_ALONE = re.compile(
    rf"^[\s#*|]*(?P<open>[(（]\s*)?(?P<year>{_YEAR})\s*年\s*度?\s*(?(open)[)）])[\s*|]*$"
)
_YEAR_IN_TITLE = re.compile(rf"(?P<year>{_YEAR})\s*年")
_DAMAGED_YEAR = re.compile(r"^[\s#*|]*[(（]?\s*[\d\s]{3,6}\s*年\s*度\s*[)）]?[\s*|]*$")
_YEAR_IN_HEADING = re.compile(
    rf"(?P<year>{_YEAR})\s*年"
    r"(?:\s*度(?=.*(?:预算|绩效|项目支出|申报))|(?=\s*(?:部门|市级|县级|区级)?(?:预算|绩效|项目支出)))"
)
_SENTENCE = re.compile(r"[。；;，,]|\.{3,}|…|\d\s*$")
_SECTION = re.compile(
    r"^\W*(?:第[一二三四五六七八九十]+部分|[一二三四五六七八九十]{1,3}[、.．]|[(（][一二三四五六七八九十]{1,3}[)）])"
)
_RULE = re.compile(r"^[\s\-=_|:+—─]+$")
_NAME_LABEL = "项目名称"
_FIRST_CELL = re.compile(r"^[\s|#*]*(?P<cell>[^\t|]*)")
_STRETCH = re.compile(r"\S+")
_LABELLED = re.compile(r"^(?P<label>[^:：]{2,14})[:：](?P<value>.*)$")


class Mark(StrEnum):
    """What a line says about where a form begins and ends."""

    TITLE = "title"
    YEAR = "year"
    UNIT = "unit"
    HEAD = "head"
    FORM = "form"
    BODY = "body"
    TABLE = "table"
    FOOT = "foot"
    SECTION = "section"
    RULE = "rule"
    PLAIN = "plain"


class Line(NamedTuple):
    """A line as the chunker sees it: its mark, and the project name (head) or label key (body)."""

    mark: Mark
    word: str = ""


class YearMark(NamedTuple):
    """A fiscal year in a heading: its offsets in the line."""

    start: int
    end: int


def read_mark(line: str, following: str = "") -> Line:
    """Say what a non-blank line is; ``following`` is the next non-blank line, for broken heads."""
    if _RULE.match(line):
        return Line(Mark.RULE)
    if _is_whole_form(line):
        return Line(Mark.FORM)
    first = _first_words(line)
    broken = _broken_head(first[0] if first else "", following)
    if broken is not None:
        return Line(Mark.HEAD, broken)
    for words in first:
        found = match_label(words)
        if found is None:
            continue
        group, key = found.label
        if group is Group.FIELD and key == "project_name":
            if found.missing or (len(squeeze(words)) < len(_NAME_LABEL) and "\t" not in line.strip()):
                continue
            return Line(Mark.HEAD, _rest(line, words))
        if group is Group.FIELD or group in {Group.GOAL, Group.GOAL_HEAD, Group.FUNDING_TITLE}:
            return Line(Mark.BODY, key or str(group))
        if group is Group.FUNDING and found.edits == 0:
            return Line(Mark.BODY, str(Group.FUNDING))
        if group is Group.OTHER:
            return Line(Mark.UNIT)
        if group is Group.PEOPLE:
            return Line(Mark.FOOT, key)
        if group is Group.COLUMN and key in {"level1", "level2"}:
            return Line(Mark.TABLE)
        if group in {Group.TABLE, Group.LEVEL1, Group.LEVEL2}:
            return Line(Mark.TABLE if "三级指标" in line else Mark.BODY, str(group))
    if is_title(line):
        return Line(Mark.TITLE)
    if is_year(line):
        return Line(Mark.YEAR)
    if "\t" not in line.strip() and _SECTION.match(line) and len(line) <= _LONGEST_HEADING:
        return Line(Mark.SECTION)
    return Line(Mark.PLAIN)


def is_title(line: str) -> bool:
    """Say whether a line is a form's title (…项目支出绩效目标申报表), misread characters forgiven."""
    if "表" not in line and "绩" not in line:
        return False
    text = re.sub(r"[\s#*|]+", "", line)
    if not text or len(text) > _LONGEST_TITLE or "\t" in line.strip():
        return False
    if re.search(r"[。；：:]", text):
        return False
    if _TITLE.search(text):
        return True
    subject = text.rfind(_TITLE_SUBJECT)
    ending = text[subject + len(_TITLE_SUBJECT) :] if subject >= 0 else text[-len(_TITLE_ENDINGS[0]) :]
    return _is_damaged_ending(ending, cut=subject >= 0)


def _is_damaged_ending(ending: str, cut: bool) -> bool:
    """Say whether a title's end is misread in a character, or cut off."""
    for whole in _TITLE_ENDINGS:
        expected = {whole, whole[: len(ending)]} if cut else {whole}
        near = any(Levenshtein.distance(ending, print_, score_cutoff=1) <= 1 for print_ in expected)
        if near and ending[:1] == whole[:1]:
            return True
    return False


def _is_whole_form(line: str) -> bool:
    """Say whether a line holds a whole form, its labels and cells run together."""
    start = line[:_LONGEST_HEADING].lstrip("\t |#")
    return (
        start.startswith(_NAME_LABEL) and sum(label in line for label in _LABELS_OF_A_FORM) >= _ENOUGH_LABELS
    )


def lacks_beginning(above: str, title: str) -> bool:
    """Say whether the line above a title is its first half.

    The title closes a bracket that it does not open, or 项目支出 is broken between the two.
    """
    if _TITLE_SUBJECT in above.strip() + title.strip() and _TITLE_SUBJECT not in title:
        return _TITLE_SUBJECT not in above
    depth = 0
    for character in title:
        depth += (character in "(（") - (character in ")）")
        if depth < 0:
            return True
    return False


def is_year(line: str) -> bool:
    """Say whether a line prints nothing but the form's year (（2023年度）), maybe a digit short."""
    return _YEAR_ALONE.match(line) is not None or _DAMAGED_YEAR.match(line) is not None


def find_year(line: str) -> YearMark | None:
    """Find the fiscal year in a heading ((2023年度), 2023年度部门预算公开); None in prose and tables."""
    if "年" not in line or len(line) > _LONGEST_TITLE or "\t" in line.strip():
        return None
    found = _YEAR_ALONE.match(line)
    if found is None and is_title(line):
        found = _YEAR_IN_TITLE.search(line)
    elif found is None and not _SENTENCE.search(line):
        found = _YEAR_IN_HEADING.search(line)
    return None if found is None else YearMark(found.start("year"), found.end("year"))


def _first_words(line: str) -> tuple[str, ...]:
    """Return what may be the label that opens a line: its first cell, stretch, or words before a colon."""
    cell = _FIRST_CELL.match(line)
    text = cell["cell"].strip() if cell else ""
    if not text:
        rest = line.strip("\t |")
        text = re.split(r"[\t|]", rest, maxsplit=1)[0].strip()
    stretches = _STRETCH.findall(text[:40])
    words = [text] if len(text) <= 20 else []
    if stretches:
        words.append(stretches[0])
    labelled = _LABELLED.match(text[:40])
    if labelled:
        words.append(labelled["label"])
    return tuple(dict.fromkeys(words))


def _rest(line: str, words: str) -> str:
    """Return the first words after the label: the project's name, as far as this line prints it."""
    after = line.split(words, 1)[1]
    return squeeze(re.split(r"[\t|]", after.strip("\t :：|"), maxsplit=1)[0])


def _broken_head(words: str, following: str) -> str | None:
    """Return the project's name where this line and the next print one 项目名称 in two pieces."""
    plain = squeeze(words)
    if not plain or len(plain) >= len(_NAME_LABEL) or not _NAME_LABEL.startswith(plain):
        return None
    end = _NAME_LABEL[len(plain) :]
    below = following.lstrip("\t |")
    return _rest(below, end) if below.startswith(end) else None
