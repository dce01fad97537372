"""The old name of a part of `moves`, until `chain` imports that."""

from stages.refinement.moves import extend, extended_rank, fits

__all__ = ["extend", "extended_rank", "fits"]
