"""Makes the worked examples of the prompts: two invented forms, printed by the form renderer.

Run as a script, it writes them to ``prompts/examples``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from answering import pointing_answer, transcribed_answer

from structurer.chunking import cut
from structurer.document_types.declaration.layout.reader import read
from structurer.document_types.declaration.model import (
    Declaration,
    Department,
    Funding,
    FundingHalf,
    Goals,
    Indicator,
    Level2,
)
from structurer.document_types.declaration.questions.asks import FORM
from structurer.grounding import TextIndex
from structurer.models import Document, Page
from structurer.passage import Passage
from structurer.resources import resource_folder
from structurer.segments import segments
from structurer.synthesis.families import Family, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[Level2, str, str]


class Example(NamedTuple):
    """A form's declaration, and how it is printed."""

    declaration: Declaration
    family: Family
    seed: str


def _rows(scope: str, rows: Iterable[Row]) -> list[Indicator]:
    return [
        Indicator(scope=scope, level1=level.level1, level2=level, name=name, target=target)
        for level, name, target in rows
    ]


def _half(total: str, provincial: str, county: str) -> FundingHalf:
    return FundingHalf(
        total=total, central="0", provincial=provincial, municipal_county=county, self_raised="0"
    )


_TREES = Example(
    Declaration(
        form_title="云川市市级预算部门（单位）项目支出绩效目标申报表",
        fiscal_year=2024,
        project_name="行道树养护经费",
        competent_department=Department(code="317", name="云川市园林绿化局"),
        implementing_unit="云川市树木管护中心",
        project_attribute="经常性项目",
        duration_years=3,
        funding=Funding(
            implementation_period=_half("2700000", "900000", "1800000"),
            annual=_half("900000", "300000", "600000"),
        ),
        overview="养护全市行道树，补植缺株。",
        basis="《云川市城市绿化条例》",
        necessity="保障道路遮荫和行人安全。",
        safeguards="执行园林养护管理办法。",
        implementation_plan="春季补植，秋冬修剪。",
        goals=Goals(implementation_period="三年内补齐全市缺株。", annual="2024年补植行道树400株。"),
        indicators=[
            *_rows(
                "implementation_period",
                [
                    (Level2.QUANTITY, "补植行道树数量", "≥1200株"),
                    (Level2.QUANTITY, "修剪道路条数", "86条"),
                    (Level2.QUALITY, "补植成活率", "≥95%"),
                    (Level2.TIMELINESS, "修剪完成时间", "每年12月底前"),
                    (Level2.COST, "每株补植费用", "≤600元"),
                    (Level2.SOCIAL, "改善出行环境", "有效改善"),
                    (Level2.SATISFACTION, "市民满意度", "≥90%"),
                ],
            ),
            *_rows(
                "annual",
                [
                    (Level2.QUANTITY, "补植行道树数量", "≥400株"),
                    (Level2.QUALITY, "补植成活率", "≥95%"),
                    (Level2.TIMELINESS, "修剪完成时间", "12月底前"),
                    (Level2.COST, "每株补植费用", "≤600元"),
                    (Level2.SOCIAL, "改善出行环境", "有效改善"),
                    (Level2.SATISFACTION, "市民满意度", "≥90%"),
                ],
            ),
        ],
        handler="温雪松",
        phone="3356018",
        submitted_at="2024-01-18T09:30:15",
    ),
    Family.ZONE,
    "trees",
)

_READING_ROOM_ROWS: list[Row] = [
    (Level2.QUANTITY, "采购图书数量", "≥3000册"),
    (Level2.QUALITY, "图书加工上架合格率", "100%"),
    (Level2.TIMELINESS, "乡镇分馆图书流转配送完成时间", "每季度末"),
    (Level2.COST, "每册图书平均采购价格", "≤45元/册"),
    (Level2.SOCIAL, "丰富群众文化生活", "持续丰富"),
    (Level2.SATISFACTION, "读者满意度", "≥92%"),
]
_READING_ROOM = Example(
    Declaration(
        form_title="临岳县县级预算部门（单位）项目支出绩效目标申报表",
        fiscal_year=2025,
        project_name="公共图书馆图书购置费",
        competent_department=Department(code="208", name="临岳县文化和旅游局"),
        implementing_unit="临岳县图书馆",
        project_attribute="延续性项目",
        duration_years=2,
        funding=Funding(
            implementation_period=_half("270000", "0", "270000"), annual=_half("135000", "0", "135000")
        ),
        overview="为县馆和乡镇分馆购置新书，并按季度流转配送。",
        basis="《公共图书馆法》",
        necessity="馆藏陈旧，新书不足。",
        safeguards="执行图书采购管理制度。",
        implementation_plan="上半年采购，按季度配送。",
        goals=Goals(
            implementation_period="两年购置新书6000册，满足群众阅读需求。",
            annual="2025年购置新书3000册，满足群众阅读需求。",
        ),
        indicators=[
            *_rows("implementation_period", _READING_ROOM_ROWS),
            *_rows("annual", _READING_ROOM_ROWS),
        ],
        handler="祁小满",
        phone="5520917",
        submitted_at="2025-02-11T15:04:42",
    ),
    Family.PDF,
    "books-5",
)

EXAMPLES = (_TREES, _READING_ROOM)


def printed(example: Example) -> str:
    """Return an example's form as the renderer prints it."""
    form = lay_out(example.family, example.declaration, example.seed)
    return form.print(form.sheet)


def passage_of(text: str) -> Passage:
    """Return a text that holds one form as a passage."""
    document = Document("example.txt", "0" * 64, text, "utf-8", (Page(1, 0, len(text)),))
    (chunk,) = cut(document).chunks
    return Passage(document, chunk, segments(document, chunk), TextIndex(text))


def answers(example: Example) -> dict[str, Any]:
    """Return an example's answers in every format, and the record that each of them resolves to."""
    passage = passage_of(printed(example))
    reading = read(passage.document, passage.chunk, passage.segments)
    record = example.declaration.model_dump(mode="json")
    return {
        "point": pointing_answer(passage, reading),
        "transcribe": transcribed_answer(record),
        "record": reading.data,
    }


def _write() -> None:
    folder = resource_folder("prompts") / "examples"
    for number, example in enumerate(EXAMPLES, 1):
        (folder / f"{FORM}-{number}.txt").write_text(printed(example), encoding="utf-8")
        lines = [
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in answers(example).items()
        ]
        (folder / f"{FORM}-{number}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
