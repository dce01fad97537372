"""State of an unfinished stage: killed at any moment, it goes on from here to the same bytes.

The state lies in an ignored folder outside every declared output. Its name holds a hash of all that the result
depends on (parameters, inputs, the code that is loaded, the lock file), so an edit of any of them starts afresh by
itself. Written beside its place and renamed; removed at the end. Arrays only: no pickle is written or read.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from stages.errors import TableError

FOLDER = Path(".resume")
_ROOT = Path(__file__).parents[2]
_LOCK = _ROOT / "requirements.lock"


class Resume:
    """Saves and restores the state of one run of one stage.

    Args:
      name: stage and agent or walk, for people: «search-z2».
      params: everything from params.yaml that the result depends on, as JSON-able values.
      inputs: data files it depends on. The project's modules loaded by now and the lock file are added here.
    """

    def __init__(self, name: str, params: object, inputs: Iterable[Path]) -> None:
        digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
        for path in [*sorted(inputs), *_loaded_code(), _LOCK]:
            digest.update(f"\n{path.name} ".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        self.path = FOLDER / f"{name}-{digest.hexdigest()[:16]}.npz"

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Replaces the saved state in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)

    def load(self) -> dict[str, np.ndarray] | None:
        """The saved state, or None where there is none.

        Raises:
          TableError: the file is there but damaged (it is renamed into place whole, so a disk fault).
        """
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                return dict(saved)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
            # TypeError: one array and no archive; RuntimeError: the archive says that it is encrypted or compressed.
            raise TableError(f"{self.path}: damaged state ({error}); delete it to start afresh") from None

    def clear(self) -> None:
        """Removes the state: the outputs are written."""
        self.path.unlink(missing_ok=True)


def _loaded_code() -> list[Path]:
    modules = (module for name, module in sys.modules.items() if name == "stages" or name.startswith("stages."))
    return sorted({Path(module.__file__) for module in modules if getattr(module, "__file__", None)})
