"""What makes the tables of README.md and docs/ from files in git; `docs/tables.py` puts them on their pages."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
