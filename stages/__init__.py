"""Open AlphaTensor: the stages of the pipeline and the layers they stand on (see docs/architecture.md)."""
