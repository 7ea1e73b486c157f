"""Encoders adapted to one's own data: a base that is pulled as ever, and what was learned on top."""
