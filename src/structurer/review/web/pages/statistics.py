"""How review goes: throughput, time, catch rate, agreement, needless flags."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
