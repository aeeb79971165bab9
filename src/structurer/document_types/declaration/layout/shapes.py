"""What indicator names, targets and levels look like: soft evidence for reading a damaged table.

Scores are log-odds, roughly in [-4, 4]; they rest on the form's vocabulary and on the shapes of
quantities, never on a subject matter.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from structurer.document_types.declaration.model import Level2
from structurer.text import bare

_OPERATOR = re.compile(r"^(?:[≥≤><=＞＜≧≦]|\$?\\(?:geq?|leq?))")
_COMPARISON = re.compile(
    r"^(?:不低于|不少于|不超过|不高于|不大于|不小于|大于|小于|超过|少于|达到|控制在|约)\D{0,3}\d"
)
_PERCENT = re.compile(r"^[\d.,]+(?:[%％‰]|百分比|个百分点)(?:以上|以下|以内|左右)?$")
_QUANTITY = re.compile(r"^\d[\d,.]*(?:[-~－—至]\d[\d,.]*)?\D{1,12}$")
_RATE = re.compile(r"^\d[\d,.]*\D{1,6}[/／·]\D{1,8}$")
_SHORT_QUANTITY = re.compile(r"^\d[\d,.]*\D{1,4}$")
_NUMBER = re.compile(r"^\d[\d,.]*$")
_TIME = re.compile(
    r"(?:\d{4}|\d{1,2}|每|当|全|本|上|下)(?:年|月|季度?|周|天|日|个月|小时|工作日)|年底|月底|季度|按月|按年|按时|按期|及时"
)
_DATE = re.compile(
    r"^(?:每年)?(?:\d{4}|\d{2})(?:[-~－—至]\d{4})?(?:年|\.)|^\d{1,2}月|^(?:每年|全年|当年|年内|年底|每月|每季|每周)"
)
_MANNER = re.compile(
    r"^(?:按|依据|根据|以|每|全部|一次性|逐[步年月]|长期|持续|不断|有所|较|基本|进一步|显著|明显|充分|有效|是|否|无|零"
    r"|随[到时叫]|即时|立即|当[日天月年]|次[日月年]|达到|符合|满足|控制在|不[低高少多大小超])"
)
_VERDICT = re.compile(
    r"^(?:(?:有效|显著|明显|逐步|持续|不断|进一步|充分|长期|稳步|大幅|基本|全面|切实|较大)?(?:有效|保障|保证|提升|提高|及时|良好|健全"
    r"|符合|完善|长期|稳定|显著|逐步|持续|充分|明显|促进|改善|减少|降低|增强|增加|优化|满足|到位|达标|合格|正面|深远|美化|消除|具备"
    r"|可持续|延续|维护|建立|建全|解决|推进|推动|加强|巩固|实现|完成|落实|正常|优|良|优秀|较好|好|高|有|无|是|中期|影响|需要|延长|发展|规范"
    r"|改进|缓解|带动|扩大|安全|节约|提供|支持|保护|营造|全年|一年|永久|常年)(?:要求|规定|标准|保障|提升|提高|完成|改善|到位|发展|影响)?)$"
)
_BOUND = re.compile(r"(?:以上|以内|以下|之前|前|左右|之间|为止|内|完成|到位|要求|执行|支付|发放)$")
_NAME_END = re.compile(
    r"(?:率|数|量|数量|次数|人数|户数|个数|面积|时间|成本|费|费用|标准|满意度|情况|机制|能力|水平|质量|性|金额|程度|度|比例|天数"
    r"|单价|价格|造价|总额|额|支出|资金|规模|长度|里程|周期|期限|年限|进度|效果|覆盖|体系|制度|意识|环境|安全|稳定|发展|人员|企业|单位|群众)$"
)
_MONEY = re.compile(
    r"\d[\d,.]*\s*(?:亿|万|千|百)?元|\d[\d,.]*\s*[亿万](?![\u4e00-\u9fff])|合同|预算|定额|批复"
)
_COST_NAME = re.compile(r"成本|费用|单价|价格|标准|经费|薪酬|工资|补贴|补助|支出|金额|资金|费$|控制")
_TIME_NAME = re.compile(r"时间|及时|时效|时限|周期|期限|进度|工期|日期|频率")
_QUALITY_NAME = re.compile(
    r"合格|达标|质量|准确|完成率|符合|优良|规范|出勤|到位率|执行率|有效率|应\S尽\S|率$"
)
_SATISFIED = re.compile(r"满意")
_COUNT_UNIT = re.compile(
    r"^[≥≤><=]*\d[\d,.]*[万亿]?(?:个|人|户|家|次|台|辆|座|条|项|套|件|名|份|所|处|批|期|场|种|吨|公里|千米|米|平方|立方|亩|公顷|册|本|盏|度"
    r"|间|栋|片|村|课时|小时|k?m|t|㎡)",
    re.IGNORECASE,
)
_LEAST_TWO_VERDICTS = 5
_LONG = 10
_VERY_LONG = 16
_SHORT = 3


@lru_cache(maxsize=4_000)
def targetness(text: str) -> float:
    """Return the log-odds that a cell is a target (≥10户, 100%, 有效保障) and not an indicator's name."""
    words = bare(text)
    length = len(words)
    if _OPERATOR.match(words) or _PERCENT.match(words):
        return 3.5
    if _RATE.match(words):
        return 3.0
    if _COMPARISON.match(words) or _VERDICT.match(words) or _NUMBER.match(words):
        return 2.5
    if length == 1:
        return -1.5
    score = 0.0
    if _SHORT_QUANTITY.match(words):
        score += 3.5
    elif _QUANTITY.match(words):
        score += 2.0 if length <= _LONG else 0.3
    elif _DATE.match(words):
        score += 2.2 if length <= _VERY_LONG else 0.5
    if _MANNER.match(words):
        score += 1.8
    if _BOUND.search(words):
        score += 0.6
    if _NAME_END.search(words):
        score -= 1.8
    if length <= _SHORT:
        score += 0.4
    elif length > _VERY_LONG:
        score -= 2.0
    elif length > _LONG:
        score -= 1.3
    else:
        score -= 0.7
    return score


def is_two_verdicts(text: str) -> bool:
    """Say whether two verdicts (有效提升, 较好) stand in one cell."""
    words = bare(text)
    if not _LEAST_TWO_VERDICTS <= len(words) <= _LONG or _VERDICT.match(words):
        return False
    return any(
        _VERDICT.match(words[:cut]) and _VERDICT.match(words[cut:]) for cut in range(2, len(words) - 1)
    )


@lru_cache(maxsize=4_000)
def level_fit(name: str, target: str) -> dict[Level2, float]:
    """Return how well a row suits each second-level indicator (missing levels: 0)."""
    title, value = bare(name), bare(target)
    fit: dict[Level2, float] = {}
    if _SATISFIED.search(title):
        return {Level2.SATISFACTION: 1.6}
    if _MONEY.search(value):
        fit[Level2.COST] = 0.9
        fit[Level2.QUANTITY] = 0.3
    elif _COUNT_UNIT.match(value):
        fit[Level2.QUANTITY] = 0.8
    if _COST_NAME.search(title):
        fit[Level2.COST] = fit.get(Level2.COST, 0.0) + 0.7
    if _TIME_NAME.search(title):
        fit[Level2.TIMELINESS] = 1.2
    if _DATE.match(value) or value == "及时" or _TIME.fullmatch(value):
        fit[Level2.TIMELINESS] = fit.get(Level2.TIMELINESS, 0.0) + 0.7
    elif _TIME.search(value) and not _COUNT_UNIT.match(value):
        fit[Level2.TIMELINESS] = fit.get(Level2.TIMELINESS, 0.0) + 0.4
    if _QUALITY_NAME.search(title):
        fit[Level2.QUALITY] = 0.4
    if _PERCENT.match(value.lstrip("≥≤><=")):
        fit[Level2.QUALITY] = fit.get(Level2.QUALITY, 0.0) + 0.2
    if _VERDICT.match(value) and value != "及时":
        for level in (Level2.ECONOMIC, Level2.SOCIAL, Level2.ECOLOGICAL, Level2.SUSTAINABLE):
            fit[level] = 0.4
        fit[Level2.QUALITY] = fit.get(Level2.QUALITY, 0.0) + 0.2
    if fit.get(Level2.TIMELINESS, 0.0) < 0.5 and value in {"长期", "持续", "健全", "可持续", "延续", "深远"}:
        fit[Level2.SUSTAINABLE] = fit.get(Level2.SUSTAINABLE, 0.0) + 0.5
    return fit


@lru_cache(maxsize=4_000)
def alike(left: str, right: str) -> float:
    """Return how alike two cells of a row's halves are, in [0, 1]; one may be cut off short."""
    first, second = bare(left), bare(right)
    if first == second:
        return 1.0
    shorter = min(len(first), len(second))
    if shorter == 0:
        return 0.0
    if shorter >= _SHORT:
        distance = Levenshtein.distance(first[:shorter], second[:shorter])
        if distance * 8 <= shorter:
            return 0.95 - distance / shorter
    return max(0.0, Levenshtein.normalized_similarity(first, second))
