"""The longer disclosure that forms of one family stand in: contents, tables and prose around them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from structurer.synthesis.sheet import money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from structurer.document_types.declaration.model import Declaration


def opening(truths: Sequence[Declaration], rng: Random) -> str:
    """Return what stands before the forms: heading, contents, budget tables, prose."""
    year = truths[0].fiscal_year
    unit = truths[0].implementing_unit
    total = Decimal(rng.randrange(10_000, 9_000_000)) / 100
    pages = [rng.randrange(1, 9), rng.randrange(10, 19), rng.randrange(20, 29)]
    return f"""
{unit}
{year}年度部门预算公开

目 录

第一部分 概况\t{pages[0]}
一、本部门职责\t{pages[0]}
二、机构设置情况\t{pages[0]}
第二部分 {year}年部门预算报表\t{pages[1]}
{year}年预算收支总表\t{pages[1]}
{year}年项目支出预算表（本年预算）\t{pages[1] + 1}
第三部分 {year}年度部门预算情况说明\t{pages[2]}
十、绩效管理情况.....\t{pages[2] + 2}

第一部分 概况

一、本部门职责

负责辖区内有关规划的编制、组织实施和监督检查；负责项目申报、资金管理和绩效自评；承办上级交办的其他事项。

二、机构设置情况

内设机构{rng.randrange(2, 9)}个：办公室、财务科、业务科等。

第二部分 {year}年部门预算报表

预算公开表1

{year}年预算收支总表

部门名称：{unit}

单位：万元

收入\t\t支出\t\t\t
项目\t{year}年\t项目\t{year}年合计\t当年预算安排\t上年结转安排
一、一般公共预算\t{money(str(total))}\t一、一般公共服务支出\t{money(str(total))}\t{money(str(total))}\t
二、政府性基金预算\t\t二、外交支出\t\t\t
三、单位资金\t\t三、教育支出\t\t\t
本年收入合计\t{money(str(total))}\t本年支出合计\t{money(str(total))}\t{money(str(total))}\t

预算公开表12

{year}年项目支出预算表（本年预算）

部门名称：{unit}

单位：万元

项目名称\t合计\t{year}年财政拨款\t\t\t财政专户管理资金\t单位资金
\t\t一般公共预算\t政府性基金预算\t国有资本经营预算\t\t
1\t2\t3\t4\t5\t6\t7
{_project_lines(truths)}

第三部分 {year}年度部门预算情况说明

一、部门预算收支数据变动情况及原因

{year}年度预算收入总计{money(str(total))}万元，比上年增加{rng.randrange(1, 90)}%。

十、绩效管理情况

1、绩效管理情况

{year}年{unit}实行绩效目标管理的项目{len(truths)}个，涉及一般公共预算当年拨款{money(str(total))}万元。

2、绩效目标情况（附表说明）

公开项目绩效目标{len(truths)}个，占部门项目支出总额的100%。

"""


def closing(truths: Sequence[Declaration], rng: Random) -> str:
    """Return what stands after the forms: assets, guides, glossary."""
    year = truths[0].fiscal_year or 0
    return f"""
十一、国有资产占有使用情况

1、车辆情况：

截至{year - 1}年12月31日，共有公务用车编制{rng.randrange(2, 20)}辆。

十二、其他说明

（一）政府购买服务指导性目录

无

第四部分 名词解释

一、基本支出：指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。

二、项目支出：指在基本支出之外为完成特定行政任务和事业发展目标所发生的支出。
"""


def _project_lines(truths: Sequence[Declaration]) -> str:
    lines = []
    for truth in truths:
        amount = money(f"{Decimal(truth.funding.annual.total or 0) / 10_000:.2f}")
        lines.append(f"{truth.project_name}\t{amount}\t{amount}\t\t\t\t")
    return "\n".join(lines)
