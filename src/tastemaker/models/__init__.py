"""Recommenders: one file each."""

from tastemaker.models.base import Embeds, Given, Rates, Recommender, Scores, State
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.models.saving import load

__all__ = ["RECOMMENDERS", "Embeds", "Given", "Rates", "Recommender", "Scores", "State", "load"]
