"""Stage pretraining: supervised policy and value from demonstrations alone."""
