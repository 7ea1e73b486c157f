"""Names of encoders."""

from tastemaker.core import Catalog
from tastemaker.features.base import Encoder

ENCODERS: Catalog[Encoder] = Catalog("encoder")
