"""Open AlphaTensor: the stages of the pipeline and the layers they stand on (see README.md, «Where things live»)."""
