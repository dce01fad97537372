"""Named purposes of random keys: each stage folds its own into the root seed first, so that no two streams meet."""

from enum import IntEnum


class Stream(IntEnum):
    DEMONSTRATIONS = 1
    PRETRAINING = 2
    SEARCH = 3
