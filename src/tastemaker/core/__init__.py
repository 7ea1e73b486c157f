"""The kernel: errors, catalogs, components, files and runs; imports nothing else of tastemaker."""

from tastemaker.core.catalog import Catalog
from tastemaker.core.component import component, settings_of, spec_of
from tastemaker.core.errors import (
    BadSetting,
    DataError,
    MissingExtra,
    NotFitted,
    PartFailed,
    SavedError,
    ServiceError,
    TastemakerError,
    UnknownName,
    WeightsError,
)
from tastemaker.core.run import Run
from tastemaker.core.seeds import generator

__all__ = [
    "BadSetting",
    "Catalog",
    "DataError",
    "MissingExtra",
    "NotFitted",
    "PartFailed",
    "Run",
    "SavedError",
    "ServiceError",
    "TastemakerError",
    "UnknownName",
    "WeightsError",
    "component",
    "generator",
    "settings_of",
    "spec_of",
]
