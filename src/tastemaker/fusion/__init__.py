"""From several vectors an item to one."""

from tastemaker.fusion.base import Fusion, FusionModule, shares
from tastemaker.fusion.catalog import FUSIONS

__all__ = ["FUSIONS", "Fusion", "FusionModule", "shares"]
