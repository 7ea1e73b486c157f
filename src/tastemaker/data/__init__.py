"""Users, items and what happened between them."""

from tastemaker.data.dataset import Content, Dataset, Interactions, Modality, Source, Vocabulary
from tastemaker.data.query import Query, Recommendations, queries
from tastemaker.data.split import Split, Splitter
from tastemaker.data.table import Column, Table
from tastemaker.data.vectors import Features, FeatureSet, ItemVectors

__all__ = [
    "Column",
    "Content",
    "Dataset",
    "FeatureSet",
    "Features",
    "Interactions",
    "ItemVectors",
    "Modality",
    "Query",
    "Recommendations",
    "Source",
    "Split",
    "Splitter",
    "Table",
    "Vocabulary",
    "queries",
]
