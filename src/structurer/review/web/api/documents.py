"""Filings: bringing them in, and what became of them."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
