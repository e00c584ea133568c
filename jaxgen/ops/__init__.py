"""Where speed forces code of our own: convolutions, pools, random numbers, dropout, pieces of a batch."""
