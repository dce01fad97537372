"""How the network learns: demonstrations and games as positions, losses, one train step, buffers of own games."""
