"""A model server for tests and benchmarks.

Real HTTP on loopback in the OpenAI protocol, faults by seed, and right answers from labels.
"""

from model_server.answers import Answers, FixedAnswers, GoldAnswers, answer_for
from model_server.batches import BatchRules
from model_server.faults import Fault, Faults, Group, all_at, evenly
from model_server.inventing import InventedAnswers
from model_server.prompt import Question, question_of
from model_server.server import ModelServer, spawned
from model_server.service import Asked

__all__ = [
    "Answers",
    "Asked",
    "BatchRules",
    "Fault",
    "Faults",
    "FixedAnswers",
    "GoldAnswers",
    "Group",
    "InventedAnswers",
    "ModelServer",
    "Question",
    "all_at",
    "answer_for",
    "evenly",
    "question_of",
    "spawned",
]
