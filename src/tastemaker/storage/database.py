"""Connections to one data base: many readers, one writer at a time, and errors that say what to do."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Delete,
    Engine,
    Executable,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from tastemaker.core.errors import ServiceError
from tastemaker.storage.failures import meaning

BUSY = 10.0  # seconds that a writer waits for another one

Row = tuple[Any, ...]
Prepared = tuple[str, dict[str, Any]]


class Database(ABC):
    """What SQLite and PostgreSQL do differently; SQL itself is the same.

    Writers go one after another, in all processes, so that numbers and revisions appear in their order: who has seen
    the event of one number has seen all with smaller ones.

    Args:
        where: Its URL without a password, for messages.
        readers: For connections that only read.
        writers: For the one that writes.
    """

    def __init__(self, where: str, readers: Engine, writers: Engine) -> None:
        self.where = where
        self._readers, self._writers = readers, writers
        self._lock = threading.Lock()
        self._missing: dict[str, Prepared] = {}
        self._known: dict[tuple[str, str], set[str]] = {}  # by table and tenant
        self._errors = (SQLAlchemyError, writers.dialect.loaded_dbapi.Error, UnicodeError, OverflowError)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of everything."""
        with self.told(), self._readers.connect() as connection:
            yield Session(connection, self)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is durable when the block ends well, and undone when it does not."""
        if not self._lock.acquire(timeout=BUSY):
            raise ServiceError(f"{self.where}: another thread is writing to it for too long; try again.")
        try:
            with self.told(), self._writers.begin() as connection:
                self.alone(connection)
                yield Session(connection, self)
            self.written()
        except BaseException:
            self.doubt()
            raise
        finally:
            self._lock.release()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Errors of the data base as `ServiceError` or `DataError`."""
        try:
            yield
        except self._errors as error:
            raise meaning(error, self.where) from error

    def prepared(self, statement: Select[Any]) -> Prepared:
        """The text of a statement with named values, and those values that it has already, for `rows`."""
        compiled = statement.compile(dialect=self._readers.dialect)
        return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}

    def close(self) -> None:
        """Let go of connections."""
        self._readers.dispose()
        self._writers.dispose()

    @abstractmethod
    def rows(self, text: str, values: Mapping[str, Any]) -> list[Row]:
        """Answer of a `prepared` statement, past all layers: for what every request asks."""

    @abstractmethod
    def alone(self, connection: Connection) -> None:
        """Wait until no other process writes, to the end of the transaction."""

    def among(self, column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
        """Whether a column has one of many values, in one parameter."""
        return column.in_(select(self.listed(bindparam(None, self.packed(values)))))

    def missing(self, table: Table) -> Prepared:
        """Those of the ids `names`, `packed`, that the tenant `of` does not have in a table."""
        if table.name not in self._missing:
            name = self.listed(bindparam("names"))
            there = exists().where(table.c.tenant == bindparam("of"), table.c.id == name)
            self._missing[table.name] = self.prepared(select(name).where(~there))
        return self._missing[table.name]

    def known(self, connection: Connection, table: Table, tenant: str) -> set[str]:
        """Ids that a tenant certainly has in a table, for a writer, who adds those that he finds or makes."""
        return set()

    def doubt(self, table: str = "") -> None:
        """Forget what is known, as something was undone, or deleted from a table ("" all)."""
        for key in [key for key in self._known if table in ("", key[0])]:
            del self._known[key]

    @abstractmethod
    def written(self) -> None:
        """Something was committed; called by the one who writes."""

    @abstractmethod
    def listed(self, values: BindParameter[Any]) -> ColumnElement[str]:
        """Many values, which are `packed`, as the column of a table."""

    @abstractmethod
    def packed(self, values: Sequence[str]) -> Any:
        """Many values as one parameter."""

    @abstractmethod
    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
        """Many rows, as fast as it goes."""

    @abstractmethod
    def numbered(self, connection: Connection) -> None:
        """Let numbers of events go on behind the largest, after rows came with numbers of their own."""

    @abstractmethod
    def scrub(self, names: Sequence[str] = ()) -> None:
        """Take what was deleted, and every copy of these names, out of all files."""

    @abstractmethod
    def copy_to(self, path: Path) -> None:
        """Write a whole copy into a new SQLite file while others go on."""


@dataclass(frozen=True, slots=True)
class Session:
    """One transaction."""

    connection: Connection
    database: Database

    def run(self, statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """The result of a statement."""
        if isinstance(statement, Delete):
            self.database.doubt(str(statement.table))
        return self.connection.execute(statement, values)

    def rows(self, statement: Select[Any]) -> Iterator[Any]:
        """The rows that a statement selects."""
        yield from self.connection.execute(statement)

    def fetch(self, prepared: Prepared, **values: Any) -> list[Row]:
        """Answer of a `Database.prepared` statement, past all layers: for what every group of events asks."""
        text, known = prepared
        cursor: Any = self.connection.connection.cursor()
        with closing(cursor):
            found: list[Row] = cursor.execute(text, {**known, **values}).fetchall()
            return found

    def insert(self, table: Table, rows: Sequence[Row], skip: int = 0) -> None:
        """Rows with values for all columns behind the first `skip`."""
        if rows:
            names = [column.name for column in table.columns][skip:]
            self.database.insert(self.connection, table, names, rows)

    def among(self, column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
        """As of `Database`."""
        return self.database.among(column, list(values))

    def there(self, table: Table, tenant: str, names: Iterable[str]) -> set[str]:
        """Which of the ids a tenant has in a table."""
        names = list(names)
        if not names:
            return set()
        asked = select(table.c.id).where(table.c.tenant == tenant, self.among(table.c.id, names))
        return set(self.run(asked).scalars())

    def missing(self, table: Table, tenant: str, names: Iterable[str]) -> list[str]:
        """Which of the ids a tenant does not have in a table, in their order; the caller makes them."""
        database = self.database
        known = database.known(self.connection, table, tenant)
        asked = [name for name in dict.fromkeys(names) if name not in known]
        if not asked:
            return []
        found = {name for (name,) in self.fetch(database.missing(table), of=tenant, names=database.packed(asked))}
        known.update(asked)
        return [name for name in asked if name in found or "\0" in name]  # SQLite ends a text of JSON there

    def replace(self, table: Table, key: str, rows: Sequence[Row]) -> None:
        """Rows of one tenant, whole and beginning with tenant and `key`, in place of those with the same keys."""
        if rows:
            same = self.among(table.c[key], [row[1] for row in rows])
            self.run(delete(table).where(table.c.tenant == rows[0][0], same))
            self.insert(table, rows)
