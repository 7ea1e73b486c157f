"""Adapting a large encoder to one's own data, judged by items that training never saw."""
