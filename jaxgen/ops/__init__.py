"""Fast implementations: convolutions, pooling, random numbers, dropout, evaluation in pieces of a batch."""
