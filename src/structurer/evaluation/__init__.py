"""Evaluation: how well the records match what people labelled by hand.

From labels to figures, one module a step:

- ``gold``       reads and checks the hand labels (the labelling guide says how they are made);
- ``cells``      which values are scored, when two are the same, and which flags cover a value;
- ``rows``       pairs the indicator rows of a label with those that were read, one to one;
- ``compare``    one label against one record: every cell, its error, its flags;
- ``evidence``   where the label's values stand in the filing, and whether the record's evidence is there;
- ``collecting`` all labels against all records: one outcome (``outcomes``) for each cell;
- ``mistakes``   wrong cells as people count them: a missing row is one mistake;
- ``headline``   the figures of outcomes, and the goals;
- ``score``      all of this from end to end;
- ``report``     tables for people, JSON for programs.

The principles: a value is right or wrong, by exact comparison, because a soft score hides just the
errors that matter here (an amount ten times too small is nearly the same text). What is damaged in
the source is not scored for accuracy but must be flagged. And the first figure to look at is the
number of silent errors: wrong, and nobody was told.

>>> from structurer.evaluation import load_gold, print_report, score          # doctest: +SKIP
>>> print_report(score(load_gold(Path("eval/gold")), records), Console())      # doctest: +SKIP
"""

from __future__ import annotations

from structurer.evaluation.gold import GoldError, GoldLabel, load_gold
from structurer.evaluation.report import as_dict, as_json, print_report
from structurer.evaluation.score import Score, score

__all__ = ["GoldError", "GoldLabel", "Score", "as_dict", "as_json", "load_gold", "print_report", "score"]
