"""tastemaker: from raw content and behaviour to personalised lists, honest about their quality.

Everything public stands here and is imported when it is first named.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tastemaker.actions.catalogs import encoders, fusions, metrics, models, splitters
    from tastemaker.actions.library import read, split
    from tastemaker.core import Run, TastemakerError
    from tastemaker.data import Dataset, Interactions, Query, Recommendations, Split, Vocabulary
    from tastemaker.evaluation import compare, evaluate
    from tastemaker.http.client import Client
    from tastemaker.pipeline import Pipeline, load

__version__ = "0.1.0"

_HOMES = {
    "core": ["Run", "TastemakerError"],
    "data": ["Dataset", "Interactions", "Query", "Recommendations", "Split", "Vocabulary"],
    "evaluation": ["compare", "evaluate"],
    "actions.library": ["read", "split"],
    "http.client": ["Client"],
    "pipeline": ["Pipeline", "load"],
    "actions.catalogs": ["encoders", "fusions", "metrics", "models", "splitters"],
}
_WHERE = {name: f"tastemaker.{home}" for home, names in _HOMES.items() for name in names}

__all__ = [
    "Client",
    "Dataset",
    "Interactions",
    "Pipeline",
    "Query",
    "Recommendations",
    "Run",
    "Split",
    "TastemakerError",
    "Vocabulary",
    "compare",
    "encoders",
    "evaluate",
    "fusions",
    "load",
    "metrics",
    "models",
    "read",
    "split",
    "splitters",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"tastemaker has no {name!r}. It has: {', '.join(__all__)}.")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
