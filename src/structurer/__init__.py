"""Structurer turns messy scanned or OCR text of legacy filings into records people can trust."""

from structurer.documents import read_document
from structurer.models import Document, Record
from structurer.settings import Settings
from structurer.structuring import structure

__all__ = ["Document", "Record", "Settings", "read_document", "structure"]
