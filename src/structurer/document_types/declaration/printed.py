"""The form as a person sees it: its parts in order, and what is printed beside each field."""

from __future__ import annotations

from structurer.document_types.base import Field, Part

_FUNDING = {
    "total": "总额",
    "central": "中央",
    "provincial": "省级",
    "municipal_county": "市县",
    "self_raised": "自筹",
    "other": "其他",
}
HALVES = {"implementation_period": "实施期", "annual": "年度"}
"""What the form prints above its two halves."""

PARTS = (
    Part(
        "项目基本情况",
        (
            Field("form_title", "表名"),
            Field("fiscal_year", "年度"),
            Field("project_name", "项目名称"),
            Field("competent_department.code", "主管部门代码"),
            Field("competent_department.name", "主管部门"),
            Field("implementing_unit", "实施单位"),
            Field("project_attribute", "项目属性"),
            Field("duration_years", "项目期(年)"),
        ),
    ),
    *(
        Part(
            f"项目资金（{words}，元）",
            tuple(Field(f"funding.{half}.{key}", label) for key, label in _FUNDING.items()),
        )
        for half, words in HALVES.items()
    ),
    Part(
        "项目说明",
        (
            Field("overview", "项目概况", long=True),
            Field("basis", "立项依据", long=True),
            Field("necessity", "项目设立必要性", long=True),
            Field("safeguards", "保证项目实施的制度、措施", long=True),
            Field("implementation_plan", "项目实施计划", long=True),
        ),
    ),
    Part(
        "总体目标", tuple(Field(f"goals.{half}", f"{words}目标", long=True) for half, words in HALVES.items())
    ),
    Part(
        "填报",
        (
            Field("responsible_person", "负责人"),
            Field("handler", "经办人"),
            Field("phone", "联系电话"),
            Field("submitted_at", "填报日期"),
        ),
    ),
)
"""All fields but the indicators, which are a table of their own."""
