"""Vectors that are searched: exactly, or by an approximate index where there are many."""
