"""Every error a user can meet. Lowest level: imports nothing.

A message says what was expected, what came, and where (file, key, column). `contract.command` prints it as one line
and ends the process with exit code 1; anything else that escapes is a bug and keeps its traceback.
"""


class StageError(Exception):
    """Base of the errors that mean «the input is wrong», not «the program is wrong»."""


class ParamsError(StageError):
    """A value in params.yaml is missing, unknown, of the wrong type or out of range."""


class TableError(StageError):
    """A Parquet file is missing, truncated, foreign, or does not have the declared columns."""


class DiskError(StageError):
    """The system does not let a file be written."""


class SchemeError(StageError):
    """A scheme (its file, size, ring, shape or coefficients) is malformed."""


class KernelError(StageError):
    """A scheme cannot become a kernel, or an emitted kernel gives a wrong product."""


class CodeError(StageError):
    """A source of the project cannot be read for its fingerprint."""


class TrainingError(StageError):
    """A loss became infinite or NaN."""
