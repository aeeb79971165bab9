"""Accounts: letting people in, changing their roles, shutting them out; tokens of programs."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
