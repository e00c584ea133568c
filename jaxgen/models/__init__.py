"""Networks, used through init and apply."""
