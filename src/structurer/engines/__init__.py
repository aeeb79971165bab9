"""Engines read a chunk: by its layout, offline."""

from structurer.engines.base import Engine
from structurer.engines.layout import LayoutEngine

__all__ = ["Engine", "LayoutEngine"]
