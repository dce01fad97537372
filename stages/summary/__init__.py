"""Stage summary: what a person looks at, made from the outputs of all other stages."""
