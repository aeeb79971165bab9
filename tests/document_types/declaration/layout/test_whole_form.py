from __future__ import annotations


def test_an_undamaged_form_is_read_whole_and_without_doubt(form, read, rows):
    found = read(form())
    data = dict(found.record["data"])
    indicators = data.pop("indicators")
    assert data == {
        "form_title": "望鹤县县级预算单位项目支出绩效目标申报表",
        "fiscal_year": 2031,
        "project_name": "古桥养护",
        "competent_department": {"code": "517", "name": "望鹤县交通运输局"},
        "implementing_unit": "望鹤县桥梁管护所",
        "project_attribute": "经常性项目",
        "duration_years": 3,
        "funding": {
            "implementation_period": {
                "total": "9000000",
                "central": "0",
                "provincial": "6000000",
                "municipal_county": "3000000",
                "self_raised": "0",
                "other": None,
            },
            "annual": {
                "total": "3000000",
                "central": "0",
                "provincial": "2000000",
                "municipal_county": "1000000",
                "self_raised": "0",
                "other": None,
            },
        },
        "overview": "养护全县古桥。",
        "basis": "按县政府批复立项。",
        "necessity": "保护古桥结构安全。",
        "safeguards": "执行桥梁管护制度。",
        "implementation_plan": "逐季巡检并修补。",
        "goals": {"implementation_period": "三年内修补全部古桥。", "annual": "2031年修补八座古桥。"},
        "responsible_person": "孟一舟",
        "handler": "葛小荻",
        "phone": "6612345",
        "submitted_at": "2031-01-18T09:30:15",
    }
    assert [row["scope"] for row in indicators] == ["implementation_period"] * 8 + ["annual"] * 8
    assert found.left == found.right == list(rows)
    assert indicators[0]["level1"] == "产出指标"
    assert indicators[0]["measure"] == {"operator": "≥", "value": "8", "unit": "座", "per": None}
    assert found.flags() == []
    assert found.record["status"] == "accepted"
