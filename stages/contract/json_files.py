"""Files of others that hold one JSON value: whatever is wrong with one is told in one line with its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from stages.errors import SchemeError

Made = TypeVar("Made")


def read(path: Path, make: Callable[[Any], Made]) -> Made:
    """What `make` makes of the value in a file.

    Raises:
      SchemeError: the file cannot be read, is not JSON, or `make` raised one; with the file's name.
    """
    try:
        return make(json.loads(path.read_text()))
    except OSError as error:
        raise SchemeError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # also not UTF-8, or a number of too many digits
        raise SchemeError(f"{path}: not JSON ({error})") from None
    except SchemeError as error:
        raise SchemeError(f"{path}: {error}") from None
