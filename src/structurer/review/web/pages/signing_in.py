"""Signing in and out, and taking up an invitation."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
