"""Records as they are written, and as people left them."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
