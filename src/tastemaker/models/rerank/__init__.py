"""Recommenders that put the best items of another one into a new order."""
