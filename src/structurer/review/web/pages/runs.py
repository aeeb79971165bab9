"""Runs in the store, and their results to take away."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
