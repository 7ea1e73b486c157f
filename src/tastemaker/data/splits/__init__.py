"""Ways to cut behaviour into what is learned from, what chooses and what is predicted."""

from tastemaker.data.splits.choose import default, parse

__all__ = ["default", "parse"]
