"""Answers in milliseconds from a saved pipeline and a store; no HTTP in it."""
