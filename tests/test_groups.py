"""Every value of the form belongs to one group."""

from __future__ import annotations

import pytest

from structurer.evaluation.cells import FIELDS, ROW_FIELDS
from structurer.groups import Group, group_of


def test_every_field_of_the_form_has_a_group():
    groups = {field: group_of(field) for field in FIELDS}
    groups |= {field: group_of(f"indicators.12.{field}") for field in ("scope", *ROW_FIELDS)}
    assert set(groups.values()) == set(Group)
    assert sum(group is Group.MONEY for group in groups.values()) == 12


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("competent_department.code", Group.HEAD),
        ("goals.annual", Group.TEXTS),
        ("submitted_at", Group.PEOPLE),
        ("indicators.scope", Group.HALF),
        ("indicators.3.level2", Group.LEVEL),
        ("indicators.3.level1", Group.LEVEL),
        ("indicators.3.measure.unit", Group.TARGET),
        ("indicators.3", Group.NAME),
        ("indicators", Group.NAME),
        ("", Group.HEAD),
    ],
)
def test_paths_and_fields_of_rows_are_the_same(path, group):
    assert group_of(path) is group


@pytest.mark.parametrize("path", ["title", "indicators.3.colour", "measure"])
def test_what_is_no_field_has_no_group(path):
    with pytest.raises(ValueError, match="no field"):
        group_of(path)
