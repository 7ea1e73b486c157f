"""Rows of files and data bases into a store, each once."""
