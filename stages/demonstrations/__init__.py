"""Stage demonstrations: random factors and their rank, with no knowledge of any target."""
