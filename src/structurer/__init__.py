"""Structurer turns messy scanned or OCR text of legacy filings into records people can trust."""

from structurer.documents import read_document
from structurer.models import Document, Record
from structurer.pipeline import structure

__all__ = ["Document", "Record", "read_document", "structure"]
