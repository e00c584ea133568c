"""Stateful functions of a parameter tree."""
