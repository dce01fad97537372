"""Stage code: which code each stage runs, by what it means, so that a reworded comment makes nothing run again."""
