"""PostgreSQL through psycopg 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ARRAY,
    URL,
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    Text,
    create_engine,
    func,
    text,
    type_coerce,
)

from tastemaker.storage import schema
from tastemaker.storage.copying import copy_tables
from tastemaker.storage.database import BUSY, Database, Row
from tastemaker.storage.migrations import migrate
from tastemaker.storage.sqlite import Sqlite

_ALONE = 7_481_253_906  # the advisory lock of whoever writes
_READERS = 16


class Postgres(Database):
    """A data base of a server.

    Args:
        url: With the driver ``postgresql+psycopg``.
    """

    def __init__(self, url: URL) -> None:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=_READERS,
            max_overflow=16,
            pool_timeout=BUSY,
            connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={int(BUSY * 1000)}"},
        )
        readers = engine.execution_options(isolation_level="REPEATABLE READ")
        super().__init__(f"PostgreSQL data base {url.render_as_string(hide_password=True)}", readers, engine)

    def rows(self, text: str, values: Mapping[str, Any]) -> list[Row]:
        """By a connection of the pool."""
        with self.told(), closing(self._readers.raw_connection()) as connection:
            cursor: Any = connection.cursor()
            with closing(cursor):
                found: list[Row] = cursor.execute(text, values).fetchall()
                return found

    def alone(self, connection: Connection) -> None:
        """By an advisory lock that ends with the transaction."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ALONE})

    def written(self) -> None:
        """The server does what is to be done."""

    def listed(self, values: BindParameter[Any]) -> ColumnElement[str]:
        """By an array in a table's place: = ANY would compare every row of the tenant with all of it."""
        return func.unnest(type_coerce(values, ARRAY(Text))).column_valued("value")

    def packed(self, values: Sequence[str]) -> list[str]:
        """A list."""
        return list(values)

    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
        """By COPY."""
        columns = ", ".join(f'"{name}"' for name in names)
        cursor: Any = connection.connection.cursor()
        with closing(cursor), cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def numbered(self, connection: Connection) -> None:
        """Set the sequence."""
        table, column = schema.events.name, schema.events.c.number.name
        last = f'GREATEST((SELECT max("{column}") FROM "{table}"), nextval(pg_get_serial_sequence(:table, :column)))'
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence(:table, :column), {last})"), {"table": table, "column": column}
        )

    def scrub(self, names: Sequence[str] = ()) -> None:
        """VACUUM: rows that were deleted leave the tables' files."""
        with self.told(), self._writers.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            names = ", ".join(f'"{table.name}"' for table in schema.metadata.sorted_tables)
            connection.execute(text(f"VACUUM {names}"))

    def copy_to(self, path: Path) -> None:
        """Table by table, in the state of one moment."""
        with closing(Sqlite(path)) as copy:
            migrate(copy)
            with self.reading() as source, copy.writing() as target:
                copy_tables(source, target, schema.metadata.sorted_tables)
