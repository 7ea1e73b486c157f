"""What networks trained on ImageNet recognise."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def imagenet() -> tuple[str, ...]:
    """Names of the 1,000 classes of ImageNet, in the order of its networks."""
    return tuple(Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines())
