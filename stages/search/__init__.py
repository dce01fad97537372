"""Stage search: self-play on TensorGame, learning from its own games and from demonstrations."""
