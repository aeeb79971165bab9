"""Invented filings with known truth: content, the form as a grid, five printings, and damage.

``invent`` makes a declaration; ``lay_out`` puts it on a family's sheet; operators damage the sheet;
the family prints it, and ``label_of`` says what a fair reader may answer. ``invent_filing`` does it all.
"""
