"""One record: the source beside its fields, and every decision on it."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
