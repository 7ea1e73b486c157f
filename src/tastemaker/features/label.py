"""Names of encoders of which one pipeline may hold several."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Own = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,39})?$")]  # a label; "" for none


class Label:
    """The name of an encoder: of its class as in the catalog, of an instance its setting `label` where it has one.

    Args:
        name: As in the catalog.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> str:
        own: str = getattr(instance, "label", "") if instance is not None else ""
        return own or self._name
