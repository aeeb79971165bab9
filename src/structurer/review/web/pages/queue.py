"""The queue: what waits, filters, the next one."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
