"""Encoders of image."""
