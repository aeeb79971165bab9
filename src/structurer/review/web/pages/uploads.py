"""Bringing filings in, and watching them being structured."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
