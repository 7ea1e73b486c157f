"""All tables of one data base into another."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Table, delete, select

from tastemaker.storage import schema
from tastemaker.storage.database import Session

CHUNK = 20_000


def copy_tables(source: Session, target: Session, tables: Iterable[Table]) -> None:
    """Rows of `source` in place of those of `target`; numbers of events go on behind them."""
    connection = source.connection.execution_options(stream_results=True, max_row_buffer=CHUNK)
    for table in tables:
        target.run(delete(table))
        for rows in connection.execute(select(table)).partitions(CHUNK):
            target.insert(table, [tuple(row) for row in rows])
        if table is schema.events:
            target.database.numbered(target.connection)
