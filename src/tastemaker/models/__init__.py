"""Recommenders: one file each."""

from typing import Any

from tastemaker.core.namespace import Namespace
from tastemaker.models.base import Embeds, Given, Rates, Recommender, Scores, State
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.models.saving import load

__all__ = ["RECOMMENDERS", "Embeds", "Given", "Rates", "Recommender", "Scores", "State", "load"]


def __getattr__(name: str) -> Any:
    """Recommenders by class name: ``tm.models`` is this package once anything has imported it."""
    return getattr(Namespace(RECOMMENDERS), name)
