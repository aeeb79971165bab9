"""Which group of fields a value belongs to."""

from __future__ import annotations

from structurer.evaluation.outcomes import Group

_FIRST = {
    "form_title": Group.HEAD,
    "fiscal_year": Group.HEAD,
    "project_name": Group.HEAD,
    "competent_department": Group.HEAD,
    "implementing_unit": Group.HEAD,
    "project_attribute": Group.HEAD,
    "duration_years": Group.HEAD,
    "funding": Group.MONEY,
    "overview": Group.TEXTS,
    "basis": Group.TEXTS,
    "necessity": Group.TEXTS,
    "safeguards": Group.TEXTS,
    "implementation_plan": Group.TEXTS,
    "goals": Group.TEXTS,
    "responsible_person": Group.PEOPLE,
    "handler": Group.PEOPLE,
    "phone": Group.PEOPLE,
    "submitted_at": Group.PEOPLE,
}
_IN_ROW = {
    "scope": Group.HALF,
    "level1": Group.LEVEL,
    "level2": Group.LEVEL,
    "name": Group.NAME,
    "target": Group.TARGET,
    "measure": Group.TARGET,
}


def group_of(path: str) -> Group:
    """Return the group of a value by its dotted path, or by its field's name.

    ``indicators.4.name`` and ``indicators.name`` are the same field. What is derived goes with what it is
    derived from; a whole row (``indicators.4``, ``indicators``) is known by its name, a whole record
    (``""``) by its head. Raises ``ValueError`` for a path that the form does not have.
    """
    first, *rest = path.split(".")
    if not path:
        return Group.HEAD
    if first == "indicators":
        keys = [part for part in rest if not part.isdecimal()]
        group = _IN_ROW.get(keys[0]) if keys else Group.NAME
    else:
        group = _FIRST.get(first)
    if group is None:
        raise ValueError(f"{path!r} is no field of the form")
    return group
