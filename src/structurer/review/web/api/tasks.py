"""Tasks: the queue, claims, decisions."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
