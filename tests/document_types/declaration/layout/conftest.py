"""An invented declaration laid out in tab cells, part by part; tests replace the part they look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from structurer.models import Document, FlagKind, Page
from structurer.pipeline import structure_document

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = {
    "title": "望鹤县县级预算单位项目支出绩效目标申报表\n（2031年度）\n",
    "name": "项目名称\t古桥养护\t\t\t\n",
    "department": "主管部门及代码\t517-望鹤县交通运输局\t实施单位\t望鹤县桥梁管护所\n",
    "attribute": "项目属性\t经常性项目（长期开展）\t项目期\t3年\n",
    "funding": (
        "项目资金（元）\t实施期资金总额：\t9,000,000\t年度资金总额：\t3,000,000\n"
        "\t其中：中央财政资金\t0\t其中：中央财政资金\t0\n"
        "\t省级财政资金\t6,000,000\t省级财政资金\t2,000,000\n"
        "\t市县（区）财政资金\t3,000,000\t市县（区）财政资金\t1,000,000\n"
        "\t单位自筹\t0\t单位自筹\t0\n"
        "\t其他资金\t\t其他资金\t\n"
    ),
    "texts": (
        "项目概况\t养护全县古桥。\t\t\t\n立项依据\t按县政府批复立项。\t\t\t\n项目设立必要性\t保护古桥结构安全。\t\t\t\n"
        "保证项目实施的制度、措施\t执行桥梁管护制度。\t\t\t\n项目实施计划\t逐季巡检并修补。\t\t\t\n"
    ),
    "goals": "实施期目标\t\t年度目标\t\t\n总体目标\t三年内修补全部古桥。\t\t\t\t2031年修补八座古桥。\n",
    "head": "绩效指标\t一级指标\t二级指标\t三级指标\t指标值\t二级指标\t三级指标\t指标值\n",
    "table": (
        "\t产出指标\t数量指标\t修补桥墩数量\t≥8座\t数量指标\t修补桥墩数量\t≥8座\n"
        "\t\t\t加固栏杆长度\t≥640米\t\t加固栏杆长度\t≥640米\n"
        "\t\t质量指标\t石料抗压合格率\t100%\t质量指标\t石料抗压合格率\t100%\n"
        "\t\t时效指标\t巡检完成时间\t每季度末\t时效指标\t巡检完成时间\t每季度末\n"
        "\t\t成本指标\t每座修补费用\t≤12万元\t成本指标\t每座修补费用\t≤12万元\n"
        "\t效益指标\t经济效益指标\t\t\t经济效益指标\t\t\n"
        "\t\t社会效益指标\t减少通行隐患\t有效减少\t社会效益指标\t减少通行隐患\t有效减少\n"
        "\t\t生态效益指标\t\t\t生态效益指标\t\t\n"
        "\t\t可持续影响指标\t健全管护机制\t持续健全\t可持续影响指标\t健全管护机制\t持续健全\n"
        "\t满意度指标\t服务对象满意度指标\t过桥行人满意度\t≥90%\t服务对象满意度指标\t过桥行人满意度\t≥90%\n"
    ),
    "people": "负责人：\t孟一舟\t经办人：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310118093015\n",
}

INDICATORS = (
    ("数量指标", "修补桥墩数量", "≥8座"),
    ("数量指标", "加固栏杆长度", "≥640米"),
    ("质量指标", "石料抗压合格率", "100%"),
    ("时效指标", "巡检完成时间", "每季度末"),
    ("成本指标", "每座修补费用", "≤12万元"),
    ("社会效益指标", "减少通行隐患", "有效减少"),
    ("可持续影响指标", "健全管护机制", "持续健全"),
    ("服务对象满意度指标", "过桥行人满意度", "≥90%"),
)
"""The rows of the invented table, the same in both halves: second level, name, target."""

Triple = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class Read:
    """One record, as a test wants to ask it."""

    record: dict[str, Any]

    def __getitem__(self, path: str) -> Any:
        place = self.record["data"]
        for key in path.split("."):
            place = place[int(key)] if isinstance(place, list) else place[key]
        return place

    def rows(self, scope: str) -> list[Triple]:
        rows = [row for row in self["indicators"] if row["scope"] == scope]
        return [(row["level2"], row["name"], row["target"]) for row in rows]

    @property
    def left(self) -> list[Triple]:
        return self.rows("implementation_period")

    @property
    def right(self) -> list[Triple]:
        return self.rows("annual")

    def flags(self, *codes: str) -> list[tuple[str, str]]:
        """Path and code of the flags that ask a reviewer to look."""
        return [
            (flag["path"], flag["code"])
            for flag in self.record["flags"]
            if flag["kind"] == FlagKind.EXTRACTION and (not codes or flag["code"] in codes)
        ]

    def doubted(self, path: str) -> bool:
        """Whether a reviewer is asked to look at a path: a flag on it or above it."""
        return any(f"{path}.".startswith(f"{at}.") or not at for at, _ in self.flags())

    def row_doubted(self, scope: str, number: int, key: str) -> bool:
        places = [n for n, row in enumerate(self["indicators"]) if row["scope"] == scope]
        return self.doubted(f"indicators.{places[number]}.{key}")

    def told(self, text: str) -> bool:
        """Whether the program says that it could not place a text."""
        return any(text in f["message"] for f in self.record["flags"] if f["kind"] == FlagKind.EXTRACTION)


def as_document(text: str) -> Document:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document("bridge.txt", sha256, text, "utf-8", (Page(1, 0, len(text)),))


@pytest.fixture(scope="session")
def form() -> Callable[..., str]:
    """Print the invented declaration, with some parts replaced."""

    def print_form(**parts: str) -> str:
        assert parts.keys() <= PARTS.keys()
        return "".join((PARTS | parts).values())

    return print_form


@pytest.fixture(scope="session")
def read() -> Callable[[str], Read]:
    """Read a filing of one declaration by its layout."""

    def read_text(text: str) -> Read:
        (record,) = structure_document(as_document(text)).records
        return Read(record.as_dict())

    return read_text


@pytest.fixture(scope="session")
def rows() -> tuple[Triple, ...]:
    """The rows of the invented table, the same in both halves."""
    return INDICATORS


@pytest.fixture(scope="session")
def parts() -> dict[str, str]:
    """The text of the invented declaration's parts, in order."""
    return dict(PARTS)
