"""Errors that a user can do something about; each message says what.

A message is one line: what it is about (a file's name, a setting), what is wrong, what to do. The
command line prints it as it is; a run writes it beside the name of the filing that failed.
"""

from __future__ import annotations


class StructurerError(Exception):
    """Something that the user can mend: bad input, bad settings, an impossible request."""


class SettingsError(StructurerError):
    """A setting, from a file, the environment or a flag, has no meaning."""


class PlanError(StructurerError):
    """What was asked to be read does not exist, or holds nothing that can be read."""


class SchemaError(StructurerError):
    """A value does not have the shape that its JSON Schema asks for."""


class OutputError(StructurerError):
    """Results cannot be written where they were asked for."""


class StoreError(StructurerError):
    """The database cannot be opened, read or written."""


class ModelServerError(StructurerError):
    """A model server cannot be used as it is set up: the key, the model's name, the address, the account."""


class PausedError(StructurerError):
    """A run ended before all was done, and can be continued: what is finished is kept."""


class BudgetExhaustedError(PausedError):
    """The next request might cost more than is left of the budget."""


class ProviderDownError(PausedError):
    """The model server failed again and again, for too long."""


class ClusterError(PausedError):
    """A cluster cannot be joined, is gone, or has nodes that are not set up to read."""


class StoppedError(PausedError):
    """The run was told to stop; no new request is begun."""


class DocumentError(StructurerError):
    """One file cannot be turned into a document. ``name`` is the file's name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem

    def __reduce__(self) -> tuple[type[DocumentError], tuple[str, str]]:
        # Exception pickles by ``args``, which is the finished message; workers send these home.
        return (type(self), (self.name, self.problem))


class EmptyDocumentError(DocumentError):
    """The file holds nothing, or white space only."""


class BinaryDocumentError(DocumentError):
    """The file holds no text: control characters, or the mark of a binary format."""


class UnsupportedFormatError(BinaryDocumentError):
    """The file is of a known format that no reader reads yet."""


class DocumentTooLargeError(DocumentError):
    """The file is larger than the limit that was set."""


class UndecodableDocumentError(DocumentError):
    """The file's bytes are no text in the encoding that was given or found."""


class ChangedDocumentError(DocumentError):
    """The file is no longer what it was when a run found it."""


class UnreadableDocumentError(DocumentError):
    """The file cannot be opened: missing, a folder, a broken link, no permission."""
