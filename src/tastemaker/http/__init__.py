"""HTTP over the serving engine: parse, call, JSON."""
