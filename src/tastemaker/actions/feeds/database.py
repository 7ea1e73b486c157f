"""The answer of a PostgreSQL data base to a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tastemaker.actions.feeds.base import Position, Row
from tastemaker.core import BadSetting, DataError, MissingExtra, ServiceError

AT_ONCE = 5000  # rows that the data base sends at a time


class Question:
    """Rows of ``postgresql://user:password@host/base?query=SELECT ...``, read in a transaction that writes nothing.

    With ``&cursor=COLUMN`` only rows from the largest value of that column on are asked for the next time; without it
    all are read again. Either way each event counts once.

    Args:
        url: With the question; other parameters are the data base's.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        said = dict(parse_qsl(parts.query))
        self._query, self._cursor = said.pop("query", ""), said.pop("cursor", "")
        if not self._query:
            raise BadSetting("Say what to ask the data base: postgresql://...?query=SELECT user_id, item_id, ...")
        self._url = urlunsplit(parts._replace(query=urlencode(said)))
        self.name = f"postgresql://{parts.hostname}{parts.path} {self._query}"

    def rows(self, behind: Mapping[str, Position], follow: bool) -> Iterator[Row]:
        """In the data base's order, or that of the cursor's column."""
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra("psycopg", "postgres") from error
        try:
            with psycopg.connect(self._url, connect_timeout=10) as connection:
                connection.read_only = True
                yield from self._asked(connection, behind.get(""))
        except psycopg.OperationalError as error:
            raise ServiceError(f"The data base does not answer: {_line(error)}") from error
        except psycopg.Error as error:
            raise DataError(f"The data base refuses the question: {_line(error)}") from error

    def _asked(self, connection: Any, last: Position | None) -> Iterator[Row]:
        from psycopg import sql
        from psycopg.rows import dict_row

        question: Any = sql.SQL(self._query)
        given: list[Position] | None = None
        if self._cursor:
            column = sql.Identifier(self._cursor)
            where: Any = sql.SQL("")
            if last is not None:
                given, where = [last], sql.SQL("WHERE {} >= %s").format(column)
                question = sql.SQL(self._query.replace("%", "%%"))
            question = sql.SQL("SELECT * FROM ({}) AS asked {} ORDER BY {}").format(question, where, column)
        with connection.cursor(name="tastemaker", row_factory=dict_row) as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(question, given)
            for number, values in enumerate(cursor, 1):
                yield Row("", self._position(values, number), f"row {number}", values)

    def _position(self, values: Mapping[str, Any], number: int) -> Position:
        if not self._cursor:
            return number
        value = values[self._cursor]
        return value if isinstance(value, int | float) else str(value)


def _line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
