"""Audits: how many of the values that nobody flagged are wrong, found out by looking at some of them.

- ``plan``        the promise, the lot, the sample;
- ``lot``         the values of a run that nobody flagged;
- ``drawing``     the random sample;
- ``excerpts``    where each drawn value stands in its filing;
- ``sheets``      the review sheet, written and read back;
- ``bounds``      what a sample says of the lot;
- ``report``      the figures (``figures``), by class of error too;
- ``acceptance``  the sheet to sign.

An audit judges what was read. What the flags point at has its reviewers already; what is damaged in the
source, so that nobody could read it, is told apart from what was misread.

Numbers need SciPy, which only an evaluation installs; so nothing is imported here, and ``plan`` does without.
"""
