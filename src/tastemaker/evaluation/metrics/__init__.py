"""Measures of lists and of predicted ratings, one a file."""
