"""Engines read a chunk: by its layout, by asking a model, or by layout first and a model where in doubt."""

from structurer.engines.base import Engine, NoAnswerError
from structurer.engines.hybrid import HybridEngine
from structurer.engines.layout import LayoutEngine
from structurer.engines.model import ModelEngine

__all__ = ["Engine", "HybridEngine", "LayoutEngine", "ModelEngine", "NoAnswerError"]
