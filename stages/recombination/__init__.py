"""Stage recombination: everything found so far, applied to blocks of larger sizes."""
