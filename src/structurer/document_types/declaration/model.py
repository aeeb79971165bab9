"""The declaration's data: exactly what the labelling guide asks for, plus the derived measure.

Source: eval/labeling-guide.md; the form is 项目支出绩效目标申报表 after 财预〔2015〕88号
(中央部门预算绩效目标管理办法); the cost indicators on the first level after 财预〔2021〕101号.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1.0"


class Scope(StrEnum):
    """The half of the form a value stands in: the whole period (left) or one year (right)."""

    IMPLEMENTATION_PERIOD = "implementation_period"
    ANNUAL = "annual"


class Level1(StrEnum):
    """一级指标."""

    OUTPUT = "产出指标"
    BENEFIT = "效益指标"
    SATISFACTION = "满意度指标"
    COST = "成本指标"


class Level2(StrEnum):
    """二级指标, in the order the form prints them."""

    QUANTITY = "数量指标"
    QUALITY = "质量指标"
    TIMELINESS = "时效指标"
    COST = "成本指标"
    ECONOMIC_COST = "经济成本指标"
    SOCIAL_COST = "社会成本指标"
    ENVIRONMENTAL_COST = "生态环境成本指标"
    ECONOMIC = "经济效益指标"
    SOCIAL = "社会效益指标"
    ECOLOGICAL = "生态效益指标"
    SUSTAINABLE = "可持续影响指标"
    SATISFACTION = "服务对象满意度指标"

    @property
    def level1(self) -> Level1:
        """The first-level indicator that this one belongs to."""
        return _LEVEL1_OF[self]


_LEVEL1_OF = {
    Level2.QUANTITY: Level1.OUTPUT,
    Level2.QUALITY: Level1.OUTPUT,
    Level2.TIMELINESS: Level1.OUTPUT,
    Level2.COST: Level1.OUTPUT,
    Level2.ECONOMIC_COST: Level1.COST,
    Level2.SOCIAL_COST: Level1.COST,
    Level2.ENVIRONMENTAL_COST: Level1.COST,
    Level2.ECONOMIC: Level1.BENEFIT,
    Level2.SOCIAL: Level1.BENEFIT,
    Level2.ECOLOGICAL: Level1.BENEFIT,
    Level2.SUSTAINABLE: Level1.BENEFIT,
    Level2.SATISFACTION: Level1.SATISFACTION,
}

DecimalText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal number as text.")]
IsoTime = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}$")]
Amount = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="Yuan, without separators.")]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=True)


class Department(_Form):
    """主管部门及代码: the digits before the dash, and the name after it."""

    code: str | None = None
    name: str | None = None


class FundingHalf(_Form):
    """One half of 项目资金: the total and the sources it comes from, in yuan."""

    total: Amount | None = None
    central: Amount | None = None
    provincial: Amount | None = None
    municipal_county: Amount | None = None
    self_raised: Amount | None = None
    other: Amount | None = None


class Funding(_Form):
    """项目资金: for the whole implementation period and for the year."""

    implementation_period: FundingHalf = FundingHalf()
    annual: FundingHalf = FundingHalf()


class Goals(_Form):
    """总体目标: for the whole implementation period and for the year."""

    implementation_period: str | None = None
    annual: str | None = None


class Measure(_Form):
    """A target as a quantity, derived from its text: ``≥10户/年`` is ≥ 10 户 per 年.

    ``between`` has two values, lowest first; every other operator has one.
    """

    operator: Literal["=", "≥", "≤", ">", "<", "between"]
    value: DecimalText | Annotated[list[DecimalText], Field(min_length=2, max_length=2)]
    unit: str | None = None
    per: str | None = None


class Indicator(_Form):
    """One row of 绩效指标 in one half of the form. Name and target as printed in that half."""

    scope: Scope
    level1: Level1 | None = None
    level2: Level2 | None = None
    name: str | None = None
    target: str | None = None
    measure: Measure | None = None


class Declaration(_Form):
    """项目支出绩效目标申报表: what one project's form says. ``None`` where the form is empty."""

    form_title: str | None = None
    fiscal_year: int | None = None
    project_name: str | None = None
    competent_department: Department = Department()
    implementing_unit: str | None = None
    project_attribute: Literal["经常性项目", "一次性项目", "延续性项目"] | None = None
    duration_years: int | None = None
    funding: Funding = Funding()
    overview: str | None = None
    basis: str | None = None
    necessity: str | None = None
    safeguards: str | None = None
    implementation_plan: str | None = None
    goals: Goals = Goals()
    indicators: list[Indicator] = []
    responsible_person: str | None = None
    handler: str | None = None
    phone: str | None = None
    submitted_at: (
        Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$")] | None
    ) = None
