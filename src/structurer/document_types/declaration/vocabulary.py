"""The form's own words: what each label means, and how to recognise it in a damaged print.

The words are those of the declaration as some twenty provinces and cities print it. Matching
ignores white space, width and punctuation; it forgives a cut-off end and, in longer labels, a
misread or lost character, as long as one label only comes near.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Hamming, Levenshtein

from structurer.document_types.declaration.model import Level2


class Group(StrEnum):
    """The part of the form that a label belongs to."""

    FIELD = "field"
    FUNDING = "funding"
    FUNDING_TITLE = "funding_title"
    GOAL = "goal"
    GOAL_HEAD = "goal_head"
    TABLE = "table"
    LEVEL1 = "level1"
    LEVEL2 = "level2"
    COLUMN = "column"
    PEOPLE = "people"
    OTHER = "other"


class Label(NamedTuple):
    """One label of the form: its part, and what it names there (a data path or a role)."""

    group: Group
    key: str


class Match(NamedTuple):
    """A text recognised as a label: the labels it may be (one, or a few that are equally near).

    ``missing`` is the end of the label that the print cuts off; ``edits`` counts misread characters.
    """

    labels: tuple[Label, ...]
    missing: str = ""
    edits: int = 0

    @property
    def label(self) -> Label:
        """The label, or the first of those equally near."""
        return self.labels[0]


_PRINTED: dict[Group, dict[str, str]] = {
    Group.FIELD: {
        "project_name": "项目名称",
        "competent_department": (
            "主管部门及代码 主管部门及编码 主管部门 主管部门名称 项目主管部门 业务主管部门 市级主管部门 "
            "区级主管部门 县级主管部门 主管部门单位名称 主管部门单位名称及预算编码 主管部门代码"
        ),
        "implementing_unit": (
            "实施单位 项目单位 项目实施单位 项目执行单位 预算单位 填报单位 单位名称 实施主体 组织实施单位 "
            "项目单位名称"
        ),
        "project_attribute": "项目属性",
        "project_kind": "项目性质 项目类别 项目类型 项目分类",
        "duration_years": "项目期 项目日期 项目期限 项目周期 实施周期 建设周期 项目实施期 项目实施周期",
        "period_dates": (
            "项目起止时间 起止时间 项目起止年限 计划开始日期 计划完成日期 项目开始日期 项目完成日期"
        ),
        "overview": "项目概况 项目概述 项目基本概况 项目基本情况 项目简介",
        "basis": "立项依据 项目立项依据 项目立项的依据",
        "necessity": "项目设立必要性 项目设立的必要性 项目实施必要性 立项必要性 项目立项必要性",
        "safeguards": "保证项目实施的制度措施 保证项目实施的制度和措施 项目实施的制度措施",
        "implementation_plan": "项目实施计划 项目实施进度计划 实施计划",
    },
    Group.FUNDING_TITLE: {"": "项目资金 项目资金元 项目资金万元 资金情况 资金情况万元 项目预算 预算资金"},
    Group.FUNDING: {
        "implementation_period.total": "实施期资金总额 实施期资金 中期资金总额 项目总投资 项目总预算",
        "annual.total": "年度资金总额 年度资金 年度资金申请总额 当年年度预算 本年度资金总额 本年资金总额",
        "total": "资金总额 项目资金总额 预算数 项目资金合计",
        "central": "中央财政资金 中央财政 中央资金 中央补助",
        "provincial": "省级财政资金 省级财政 省级资金 省级补助",
        "municipal_county": (
            "市县区财政资金 市县财政资金 市级财政资金 区级财政资金 县级财政资金 市县区资金 市区财政资金 "
            "本级财政资金"
        ),
        "self_raised": "单位自筹 自筹资金 单位自筹资金 自有资金 单位资金",
        "other": "其他资金 其它资金 其他",
    },
    Group.GOAL_HEAD: {
        "implementation_period": "实施期目标 实施期总体目标 实施期绩效目标 中期目标 长期目标 总目标",
        "annual": "年度目标 年度总体目标 年度绩效目标 本年度目标 年度阶段性目标 当年目标",
    },
    Group.GOAL: {"": "总体目标 项目总体目标 绩效总体目标 总体绩效目标 绩效目标 项目目标 预期目标"},
    Group.TABLE: {"": "绩效指标 绩效指标表 项目绩效指标"},
    Group.LEVEL1: {
        "产出指标": "产出指标 产出",
        "效益指标": "效益指标 效果指标 效益",
        "满意度指标": "满意度指标 满意度",
    },
    Group.LEVEL2: {
        Level2.QUANTITY: "数量指标",
        Level2.QUALITY: "质量指标",
        Level2.TIMELINESS: "时效指标",
        Level2.COST: "成本指标",
        Level2.ECONOMIC_COST: "经济成本指标",
        Level2.SOCIAL_COST: "社会成本指标",
        Level2.ENVIRONMENTAL_COST: "生态环境成本指标",
        Level2.ECONOMIC: "经济效益指标 经济效益",
        Level2.SOCIAL: "社会效益指标 社会效益",
        Level2.ECOLOGICAL: "生态效益指标 生态效益 环境效益指标",
        Level2.SUSTAINABLE: "可持续影响指标 可持续影响 可持续性影响指标",
        Level2.SATISFACTION: "服务对象满意度指标 服务对象满意度 社会公众或服务对象满意度指标 服务对象满意",
    },
    Group.COLUMN: {
        "level1": "一级指标",
        "level2": "二级指标",
        "name": "三级指标 指标内容 指标名称 绩效内容 个性化指标",
        "target": "指标值 年度指标值 目标值 计划指标值 绩效标准 当年预期实现值 实施期指标值 预期指标值",
        "operator": "指标性质 符号 指标方向",
        "unit": "度量单位 计量单位 单位",
        "ignored": "权重 分值 得分 备注 实际完成值 指标说明 评分标准 指标解释 序号",
    },
    Group.PEOPLE: {
        "responsible_person": "负责人 项目负责人 单位负责人",
        "handler": "经办人 填报人 填表人 联系人",
        "phone": "联系电话 电话 联系方式",
        "submitted_at": "填报日期 填表日期 填报时间 申报日期",
        "financial_officer": "财务负责人",
        "person_and_phone": "项目负责人及电话 项目负责人及联系电话 负责人及电话 负责人及联系电话",
    },
    Group.OTHER: {"unit_note": "单位万元 单位元 金额单位万元 金额单位元"},
}

_PUNCTUATION = re.compile(r"[\s\W_]+")
_POINTS = re.compile(r"[(（][^()（）]*\d[^()（）]*[)）]$")
"""What a label may say in a bracket behind it: its points (50分), its years (2019年-2021年)."""

_AMONG = re.compile(r"^其\s*(?:中\s*[:：、，,]?|\S\s*[:：])\s*")
_LONGEST = 20
_WHOLE_LABELS = {
    printed: Label(group, key)
    for group, labels in reversed(_PRINTED.items())
    for key, forms in labels.items()
    for printed in forms.split()
}
_SHORTEST_CUT = 4
_SHORTEST_MISREAD = 4
_SHORTEST_MISREAD_CUT = 6
_LONG_LABEL = 8
_MOST_EDITS = 2
_ALPHABET = frozenset("".join(_WHOLE_LABELS))


def _by_beginning() -> dict[str, tuple[str, ...]]:
    """Return, for each proper beginning of a label that may be a cut print, the labels it may be."""
    found: dict[str, list[str]] = {}
    for printed in _WHOLE_LABELS:
        for end in range(_SHORTEST_CUT, len(printed)):
            found.setdefault(printed[:end], []).append(printed)
    return {begin: tuple(labels) for begin, labels in found.items()}


_BY_BEGINNING = _by_beginning()
_BEGINNINGS = {
    length: tuple(begin for begin in _BY_BEGINNING if len(begin) == length)
    for length in range(_SHORTEST_MISREAD_CUT, _LONGEST)
}
_SHORTEST_WITH_COLON = 3
"""A colon says that the words before it are a label: a shorter one may then be misread, too."""


@lru_cache(maxsize=4_000)
def squeeze(text: str) -> str:
    """Return text as labels are compared: NFKC, without white space and punctuation."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=4_000)
def match_label(text: str) -> Match | None:
    """Recognise a cell, or a stretch of text, as a label of the form; None when it is not one."""
    if len(text) > 2 * _LONGEST:
        return None
    plain = squeeze(_AMONG.sub("", _POINTS.sub("", text.strip())))
    if not 2 <= len(plain) <= _LONGEST:
        return None
    if plain in _WHOLE_LABELS:
        return Match((_WHOLE_LABELS[plain],))
    shortest = _SHORTEST_WITH_COLON if text.rstrip().endswith((":", "：")) else _SHORTEST_MISREAD
    return _cut_label(plain) or _misread_label(plain, shortest)


def is_whole_label(text: str) -> bool:
    """Say whether a text prints a whole label, character for character."""
    return squeeze(text) in _WHOLE_LABELS


def _cut_label(plain: str) -> Match | None:
    """Recognise a label whose end the print cuts off (市县区财政资, 服务对象满意度指)."""
    longer = _BY_BEGINNING.get(plain, ())
    labels = tuple(dict.fromkeys(_WHOLE_LABELS[printed] for printed in longer))
    if len(labels) != 1:
        return None
    return Match(labels, missing=min(longer, key=len)[len(plain) :])


def _misread_label(plain: str, shortest: int) -> Match | None:
    """Recognise a label with a misread, lost or added character, or two in a long label.

    A long label may also be cut off and misread in one character of what is left.
    """
    strangers = sum(character not in _ALPHABET for character in plain)
    if strangers > _MOST_EDITS:
        return None
    nearest: dict[Label, tuple[float, str]] = {}
    for printed, edits, _ in process.extract_iter(
        plain, _WHOLE_LABELS.keys(), scorer=Levenshtein.distance, score_cutoff=_MOST_EDITS
    ):
        if len(printed) >= shortest and edits <= (_MOST_EDITS if len(printed) >= _LONG_LABEL else 1):
            _keep_nearest(nearest, printed, edits, "")
    if not nearest and len(plain) >= _SHORTEST_MISREAD_CUT:
        beginnings = _BEGINNINGS.get(len(plain), ())
        for begin, edits, _ in process.extract_iter(
            plain, beginnings, scorer=Hamming.distance, score_cutoff=1
        ):
            for printed in _BY_BEGINNING[begin]:
                _keep_nearest(nearest, printed, edits, printed[len(plain) :])
    return _best_of(nearest)


def _keep_nearest(nearest: dict[Label, tuple[float, str]], printed: str, edits: float, missing: str) -> None:
    label = _WHOLE_LABELS[printed]
    if label not in nearest or edits < nearest[label][0]:
        nearest[label] = (edits, missing)


def _best_of(nearest: dict[Label, tuple[float, str]]) -> Match | None:
    """Return the nearest label, or those equally near in one part of the form; levels before other parts."""
    fewest = min((edits for edits, _ in nearest.values()), default=0)
    labels = tuple(label for label, (edits, _) in nearest.items() if edits == fewest)
    if len({label.group for label in labels}) > 1:
        labels = tuple(label for label in labels if label.group is Group.LEVEL2)
    if not labels:
        return None
    return Match(labels, missing=nearest[labels[0]][1], edits=int(fewest))
