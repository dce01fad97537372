"""State of an unfinished stage: killed at any moment, it goes on from here to the same bytes.

The state lies in an ignored folder outside every declared output. Its name holds a hash of all that the result
depends on (parameters, inputs, among them the fingerprint of the code), so an edit of any of them starts afresh by
itself. Written beside its place and renamed; removed at the end. One run, one state: those that earlier parameters or
code left behind go with the next one. Arrays only: no pickle is written or read.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from stages.contract.whole_files import replacing
from stages.errors import TableError

FOLDER = Path(".resume")
_DIGITS = 16  # of the hash in the name
_BETWEEN_SAVES = 19  # times as long as a save takes


class Resume:
    """Saves and restores the state of one run of one stage.

    Args:
      name: stage and agent or walk, for people: «search@z2».
      params: everything from params.yaml that the result depends on, as JSON-able values.
      inputs: files it depends on, first among them the stage's fingerprint (results/code).
      is_kept: whether this process saves; of several that run one stage together, one does.
    Raises:
      TableError: an input cannot be read.
    """

    def __init__(self, name: str, params: object, inputs: Iterable[Path], *, is_kept: bool = True) -> None:
        digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
        for path in sorted(inputs):
            digest.update(f"\n{path.name} ".encode())  # the folder of the data is none of what the result depends on
            try:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                raise TableError(f"{path}: {error.strerror}") from None
        self._name, self._due = name, 0.0 if is_kept else math.inf
        self.path = FOLDER / f"{name}-{digest.hexdigest()[:_DIGITS]}.npz"

    @property
    def is_due(self) -> bool:
        """Whether enough time has gone by since the last save that saving takes less than a twentieth of it.

        The clock decides only how much of a killed run is done again, never what it computes.
        """
        return time.monotonic() >= self._due

    def save(self, pack: Callable[[], Mapping[str, np.ndarray]]) -> None:
        """Replaces the saved state in one step, then removes all else that runs of this name left.

        Args:
          pack: gives the arrays. It is called here, so that its time counts as time of saving.
        Raises:
          DiskError: the system does not let it be written; the state that was saved before stays.
        """
        start = time.monotonic()
        arrays = pack()
        with replacing(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        for path in self._left_behind():
            path.unlink(missing_ok=True)
        now = time.monotonic()
        self._due = now + _BETWEEN_SAVES * (now - start)

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

    def _left_behind(self) -> Iterator[Path]:
        """States of other parameters, inputs or code, and files that a run did not live to rename."""
        state = f"{self._name}-{'[0-9a-f]' * _DIGITS}.npz"
        yield from (path for path in FOLDER.glob(state) if path != self.path)
        yield from FOLDER.glob(f".{state}.*.tmp")
