"""Events of four leptons."""
