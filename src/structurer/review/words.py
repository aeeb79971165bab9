"""Why something is doubtful, and groups of fields, in the few words that lists have room for."""

from __future__ import annotations

from structurer.groups import Group

_REASONS = {
    "amount_groups": "thousands do not fit",
    "amount_in_one_half": "amount in one half only",
    "amount_not_a_number": "not an amount",
    "annual_above_period": "year's amount above the period's",
    "answer_invalid": "the model's answer does not fit",
    "attribute_unknown": "attribute not known",
    "cell_elsewhere": "text not in a cell of the table",
    "cells_exchanged": "name and target exchanged",
    "check_failed": "a check could not be made",
    "chunk_failed": "could not be structured",
    "code_not_a_number": "code is not a number",
    "date_impossible": "impossible date",
    "date_out_of_fiscal_year": "date outside the fiscal year",
    "funding_sum": "sums do not add up",
    "goals_contradict_funding": "goals contradict the amounts",
    "group_missing": "a level is missing in one half",
    "half_without_indicators": "a half without indicators",
    "halves_cut": "unclear where a half ends",
    "halves_disagree": "the halves disagree",
    "halves_swapped": "rows may stand in the other half",
    "indicator_without_name": "indicator without a name",
    "indicator_without_target": "indicator without a target",
    "label_differs": "the form's label differs",
    "label_in_cell": "a label's piece in a cell",
    "label_in_value": "a label in a value",
    "label_lost": "label not found",
    "label_not_found": "label not found by the model",
    "later_run_differs": "a later run reads otherwise",
    "layout_unknown": "layout not known",
    "level2_out_of_order": "level out of the form's order",
    "level2_wrong_kind": "level does not fit the row",
    "level_differs": "level differs from the table",
    "level_doubtful": "level is unsure",
    "low_confidence": "less sure than others",
    "model_unanswered": "the model did not answer",
    "name_like_target": "name looks like a target",
    "name_too_short": "name is short",
    "not_grounded": "not found in the text",
    "number_cut": "ends inside a number",
    "one_off_longer_than_a_year": "one-off project of several years",
    "pages_differ": "pages of the form differ",
    "period_not_in_years": "period is not in years",
    "phone_implausible": "telephone is unlikely",
    "place_ambiguous": "stands in several places",
    "printed_twice": "says the same twice",
    "readings_differ": "two readings differ",
    "row_in_one_half": "row in one half only",
    "row_in_one_reading": "row in one reading only",
    "row_leftover": "more text than cells",
    "row_maybe_packed": "perhaps several rows in one",
    "row_packed": "several rows in one cell",
    "row_slid": "targets slid to the next line",
    "row_uneven": "cells missing or out of place",
    "rows_missing": "rows may be missing",
    "skipped": "left to a curator",
    "table_too_long": "table is too long",
    "target_elsewhere": "target stands elsewhere",
    "target_like_name": "target looks like a name",
    "target_wrong_kind": "target of another kind",
    "text_cut_off": "text is cut off",
    "text_left_over": "text left over",
    "thin_margin": "cells may be read another way",
    "title_maybe_broken": "title may be broken",
    "torn_name": "name may be torn",
    "torn_target": "target may be torn",
    "two_targets": "may be two targets",
    "unclaimed_text": "text that no value has",
    "value_missing": "a value is missing",
    "wrapped_side_by_side": "two wrapped cells side by side",
    "year_not_found": "prints no year",
}

_GROUPS = {
    Group.HEAD: "project and department",
    Group.MONEY: "amounts",
    Group.TEXTS: "long texts and goals",
    Group.PEOPLE: "persons, telephone, date",
    Group.HALF: "indicators: half",
    Group.LEVEL: "indicators: level",
    Group.NAME: "indicators: name",
    Group.TARGET: "indicators: target",
}


def reason_in_words(code: str) -> str:
    """Return a flag's code as people read it; a code that is not known stays as it is."""
    return _REASONS.get(code, code)


def group_in_words(group: str) -> str:
    """Return a group of fields as people read it; one that is not known stays as it is."""
    return _GROUPS.get(Group(group), group) if group in set(Group) else group
