"""Names of fusions."""

from tastemaker.core import Catalog
from tastemaker.fusion.base import Fusion

FUSIONS: Catalog[Fusion] = Catalog("fusion")
