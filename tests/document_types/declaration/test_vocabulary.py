from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from structurer.document_types.declaration.model import Level2
from structurer.document_types.declaration.vocabulary import (
    Group,
    Label,
    is_whole_label,
    match_label,
    squeeze,
)

PRINTED = [
    ("项目名称", Group.FIELD, "project_name"),
    ("主管部门及代码", Group.FIELD, "competent_department"),
    ("主管部门及编码", Group.FIELD, "competent_department"),
    ("市级主管部门", Group.FIELD, "competent_department"),
    ("主管部门(单位)名称", Group.FIELD, "competent_department"),
    ("实施单位", Group.FIELD, "implementing_unit"),
    ("项目实施单位", Group.FIELD, "implementing_unit"),
    ("填报单位", Group.FIELD, "implementing_unit"),
    ("项目属性", Group.FIELD, "project_attribute"),
    ("项目性质", Group.FIELD, "project_kind"),
    ("项目期", Group.FIELD, "duration_years"),
    ("项目日期", Group.FIELD, "duration_years"),
    ("项目起止时间", Group.FIELD, "period_dates"),
    ("项目概况", Group.FIELD, "overview"),
    ("立项依据", Group.FIELD, "basis"),
    ("项目设立必要性", Group.FIELD, "necessity"),
    ("保证项目实施的制度、措施", Group.FIELD, "safeguards"),
    ("项目实施计划", Group.FIELD, "implementation_plan"),
    ("项目资金（元）", Group.FUNDING_TITLE, ""),
    ("项目资金(万元)", Group.FUNDING_TITLE, ""),
    ("实施期资金总额：", Group.FUNDING, "implementation_period.total"),
    ("年度资金总额：", Group.FUNDING, "annual.total"),
    ("其中：中央财政资金", Group.FUNDING, "central"),
    ("省级财政资金", Group.FUNDING, "provincial"),
    ("市县（区）财政资金", Group.FUNDING, "municipal_county"),
    ("单位自筹", Group.FUNDING, "self_raised"),
    ("其他资金", Group.FUNDING, "other"),
    ("总体目标", Group.GOAL, ""),
    ("实施期目标", Group.GOAL_HEAD, "implementation_period"),
    ("年度目标", Group.GOAL_HEAD, "annual"),
    ("绩效指标", Group.TABLE, ""),
    ("产出指标", Group.LEVEL1, "产出指标"),
    ("效果指标", Group.LEVEL1, "效益指标"),
    ("产出指标(50分)", Group.LEVEL1, "产出指标"),
    ("社会公众或服务对象满意度指标", Group.LEVEL2, "服务对象满意度指标"),
    ("生态环境成本指标", Group.LEVEL2, "生态环境成本指标"),
    ("一级指标", Group.COLUMN, "level1"),
    ("二级指标", Group.COLUMN, "level2"),
    ("三级指标", Group.COLUMN, "name"),
    ("指标内容", Group.COLUMN, "name"),
    ("指标值", Group.COLUMN, "target"),
    ("度量单位", Group.COLUMN, "unit"),
    ("备注", Group.COLUMN, "ignored"),
    ("负责人：", Group.PEOPLE, "responsible_person"),
    ("项目负责人", Group.PEOPLE, "responsible_person"),
    ("经办人：", Group.PEOPLE, "handler"),
    ("填报人", Group.PEOPLE, "handler"),
    ("联系电话：", Group.PEOPLE, "phone"),
    ("填报日期：", Group.PEOPLE, "submitted_at"),
    *((str(level), Group.LEVEL2, str(level)) for level in Level2),
]
WHOLE = [printed for printed, _, _ in PRINTED]


@pytest.mark.parametrize(("printed", "group", "key"), PRINTED, ids=WHOLE)
def test_every_printed_form_is_its_label(printed, group, key):
    match = match_label(printed)
    assert match is not None
    assert match.labels == (Label(group, key),)
    assert (match.missing, match.edits) == ("", 0)
    assert is_whole_label(printed) or "其中" in printed or "50分" in printed


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([p for p in WHOLE if "分" not in p]),
    st.lists(st.integers(0, 20), max_size=3),
    st.booleans(),
    st.sampled_from(["", ":", "："]),
)
@example("其中：中央财政资金", [1], False, "")
def test_spaces_width_and_a_colon_say_nothing(printed, places, wide, colon):
    text = full_width(printed) if wide else printed
    whole = match_label(printed)
    for place in places:
        text = text[:place] + " " + text[place:]
    found = match_label(text + colon)
    assert found is not None
    assert found.labels == whole.labels


@pytest.mark.parametrize(
    ("printed", "key", "missing"),
    [
        ("市县（区）财政资", "municipal_county", "金"),
        ("服务对象满意度指", "服务对象满意度指标", "标"),
        ("保证项目实施的", "safeguards", None),
        ("可持续影响指", "可持续影响指标", "标"),
        ("主管部门及", "competent_department", "代码"),
        ("实施期资金总", "implementation_period.total", "额"),
    ],
)
def test_a_label_cut_off_is_known_by_its_beginning(printed, key, missing):
    match = match_label(printed)
    assert match is not None
    assert match.label.key == key
    assert missing is None or match.missing == missing


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("项目慨况", "overview"),
        ("主管部门及代玛", "competent_department"),
        ("实施单拉", "implementing_unit"),
        ("保证项日实施的制度措施", "safeguards"),
        ("保证项日实施的制庋措施", "safeguards"),
        ("市县（区）财攻资金", "municipal_county"),
        ("市县（区）财资金", "municipal_county"),
        ("生态效盖指标", "生态效益指标"),
        ("可持续影晌指标", "可持续影响指标"),
        ("服务对象满意庋指标", "服务对象满意度指标"),
        ("经办入：", "handler"),
        ("填报曰期：", "submitted_at"),
        ("联系申话：", "phone"),
    ],
)
def test_a_misread_or_lost_character_is_forgiven(printed, key):
    match = match_label(printed)
    assert match is not None
    assert match.labels[0].key == key
    assert match.edits


def test_labels_equally_near_are_all_named():
    match = match_label("时量指标")
    assert match is not None
    assert {label.key for label in match.labels} == {"数量指标", "质量指标", "时效指标"}


def test_labels_equally_near_of_different_parts_are_none():
    assert (
        match_label("某级指标") is None or len({label.group for label in match_label("某级指标").labels}) == 1
    )


@pytest.mark.parametrize("text", ["质量标准", "时效标准", "数量标准"])
def test_a_name_near_a_label_is_at_most_a_maybe(text):
    match = match_label(text)
    assert match is None or (match.edits > 0 and not is_whole_label(text))


NAMES = """
修补桥墩数量 加固栏杆长度 石料抗压合格率 巡检完成时间 每座修补费用 减少通行隐患 健全管护机制
过桥行人满意度 灯塔养护次数 候鸟观测点位 苗圃浇灌面积 风筝节参赛人数 古树挂牌株数
茶园病虫害防治率 驿站保洁天数 竹编培训人次 山洪预警时效 渡口值守时长 木偶戏演出场次
陶窑修缮进度 稻田退水水质 牧道硬化里程 冰雪场地开放率 皮影传承人补助标准 碑刻拓印份数
盐碱地改良成本 蜂农增收幅度 湿地芦苇覆盖率 村医在岗率 书屋借阅量 老井清淤深度 界碑更换数量
雨情报送及时率 林区瞭望成本 礼堂座椅更换率 雪道维护支出 采石坑复绿面积 骑行道照明率
群众安全感 种质资源保存年限 舞龙队伍规模 车站无障碍改造 鱼苗放流尾数 档案修裱质量
社区食堂价格 孤寡老人探访 消防栓完好率 温泉水位监测 灯会客流量 救生员持证率 马术赛事天数
棉种补贴发放 河灯节安保投入 菌棚租金 石刻微环境监测 草原鼠害防控 非遗工坊收入 渔船回港率
气球站探空次数 水库移民就业 高龄津贴准确率 路灯节电量 粮库虫害率 护林员工资
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_an_ordinary_name_is_no_label(name):
    assert match_label(name) is None


@pytest.mark.parametrize(
    "text", ["", "项", "3年", "≥10户", "100%", "517-望鹤县交通运输局", "养护全县古桥。", "目" * 40]
)
def test_other_text_is_no_label(text):
    assert match_label(text) is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=25))
def test_any_text_is_a_label_or_none_and_squeezing_twice_changes_nothing(text):
    match = match_label(text)
    assert match is None or match.labels
    assert squeeze(squeeze(text)) == squeeze(text)
    assert match_label(text) == match
