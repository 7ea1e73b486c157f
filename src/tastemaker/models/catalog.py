"""Names of recommenders."""

from tastemaker.core import Catalog
from tastemaker.models.base import Recommender

RECOMMENDERS: Catalog[Recommender] = Catalog("recommender")
