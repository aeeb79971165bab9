from __future__ import annotations

import pytest

PEOPLE = {
    "responsible_person": "孟一舟",
    "handler": "葛小荻",
    "phone": "6612345",
    "submitted_at": "2031-01-18T09:30:15",
}


def people(found):
    return {key: found[key] for key in PEOPLE}


@pytest.mark.parametrize(
    "line",
    [
        "负责人:孟一舟\t经办人:葛小荻\t联系电话:6612345\t填报日期:20310118093015\n",
        "负责人：孟一舟 经办人：葛小荻 联系电话：6612345 填报日期：20310118093015\n",
        "负责人：\t孟一舟\t经办人：\t葛小荻\t联系电话：\t6612345\t填报日期：20310118093015\n",
        "负责人： 孟一舟 经办人： 葛小荻 联系电话： 6612345 填报日期：\n20310118093015\n",
        "负责人：\t孟一舟\t经办入：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310118093015\n",
        "负 责 人：\t孟一舟\t经 办 人：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310118 093015\n",
        "项目负责人：\t孟一舟\t填报人：\t葛小荻\t联系电话：\t66123 45\t填报日期：\t20310118093015\n",
        "\t负责人：\t孟一舟\t经办人：\t葛小荻\t\t联系电话：\t6612345\t填报日期：\t20310118093015\n",
    ],
)
def test_people_are_read_however_they_are_printed(form, read, line):
    found = read(form(people=line))
    assert people(found) == PEOPLE
    assert found.flags() == []


def test_all_people_in_one_cell(form, read):
    found = read(
        form(people="负责人：孟一舟 经办人：葛小荻 联系电话：6612345 填报日期：20310118093015\t\t\t\n")
    )
    assert people(found) == PEOPLE


def test_empty_people_are_null(form, read):
    found = read(form(people="负责人：\t\t经办人：\t\t联系电话：\t\t填报日期：\t\n"))
    assert set(people(found).values()) == {None}


def test_an_impossible_date_is_null_and_flagged(form, read):
    found = read(
        form(people="负责人：\t\t经办人：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310230093015\n")
    )
    assert found["submitted_at"] is None
    assert found.doubted("submitted_at")


def test_a_label_that_two_people_may_own_goes_to_the_one_that_is_missing(form, read):
    found = read(
        form(people="负责人：\t孟一舟\t经负人：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310118093015\n")
    )
    assert people(found) == PEOPLE or found.doubted("handler") or found.doubted("responsible_person")


def test_a_lost_label_is_not_silent(form, read):
    found = read(
        form(people="负责人：\t孟一舟\t※※※：\t葛小荻\t联系电话：\t6612345\t填报日期：\t20310118093015\n")
    )
    assert found["responsible_person"] == "孟一舟" or found.doubted("responsible_person")
    assert found["handler"] == "葛小荻" or found.doubted("handler") or found.told("葛小荻")


def test_a_person_and_a_telephone_in_one_cell(form, read):
    found = read(form(people="项目负责人及电话\t孟一舟 6612345\t\t\t\n"))
    assert (found["responsible_person"], found["phone"]) == ("孟一舟", "6612345")
    assert found["handler"] is None
