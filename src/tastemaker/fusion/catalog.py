"""Names of fusions."""

from tastemaker.core import Catalog
from tastemaker.fusion.base import Fusion

FUSIONS: Catalog[Fusion] = Catalog("fusion")


@FUSIONS.entry("concat")
def _concat() -> type[Fusion]:
    from tastemaker.fusion.concat import Concat

    return Concat


@FUSIONS.entry("weighted")
def _weighted() -> type[Fusion]:
    from tastemaker.fusion.weighted import Weighted

    return Weighted


@FUSIONS.entry("attention")
def _attention() -> type[Fusion]:
    from tastemaker.fusion.attention import Attention

    return Attention


@FUSIONS.entry("gated")
def _gated() -> type[Fusion]:
    from tastemaker.fusion.gated import Gated

    return Gated


@FUSIONS.entry("crossmodal")
def _crossmodal() -> type[Fusion]:
    from tastemaker.fusion.crossmodal import CrossModal

    return CrossModal
