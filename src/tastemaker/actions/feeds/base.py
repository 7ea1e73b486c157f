"""What a source of rows is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Position = int | float | str  # what a source needs to go on behind a row


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source.

    Attributes:
        part: The file, or "" where there is but one part.
        position: Of what comes behind it.
        place: Where it stands, for people.
        values: By column.
        wrong: Why it cannot be read, "" where it can.
    """

    part: str
    position: Position
    place: str
    values: Mapping[str, Any]
    wrong: str = ""


class Source(Protocol):
    """Files, or a question to a data base."""

    name: str
    """For people and notes; holds no password."""

    def rows(self, behind: Mapping[str, Position], follow: bool) -> Iterator[Row]:
        """All rows behind those positions, by part.

        Args:
            behind: Where each part was left.
            follow: More may come: what seems to be half-written is left for the next time.

        Raises:
            DataError: the source is not there, or is none.
            ServiceError: it does not answer.
        """
        ...
