"""From the tables of an older version to those of today, in one transaction at opening."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import inspect, select, text, update

from tastemaker.core.errors import SavedError
from tastemaker.storage import schema
from tastemaker.storage.database import Database, Session

VERSION, SALT = "schema", "salt"


def _labels_and_times(session: Session) -> None:
    """Keys have a label; events are found by their time."""
    session.run(text("ALTER TABLE keys ADD COLUMN label TEXT NOT NULL DEFAULT ''"))
    session.run(text("CREATE INDEX events_by_time ON events (tenant, time)"))


def _items(session: Session) -> None:
    """Events are found by their item."""
    session.run(text("CREATE INDEX events_by_item ON events (tenant, item, number)"))


def _answers(session: Session) -> None:
    """Answers that are too old to be kept are found by their time."""
    session.run(text("CREATE INDEX once_by_time ON once (time)"))


STEPS: tuple[Callable[[Session], None], ...] = (_labels_and_times, _items, _answers)
"""The first leads from version 1 to 2, the next to 3, and so on; `schema` is what all of them lead to."""

NEWEST = len(STEPS) + 1


def migrate(database: Database) -> None:
    """Make the tables where there are none, else bring them to `NEWEST`.

    Raises:
        SavedError: They are of a version that this code does not know, or are not ours.
        ServiceError: The data base does not answer.
    """
    with database.reading() as session:
        if _version(session, database.where) == NEWEST:
            return
    with database.writing() as session:
        version = _version(session, database.where)
        if version == 0:
            _create(session)
        for number, step in enumerate(STEPS[version - 1 :] if version else (), start=version + 1):
            step(session)
            session.run(update(schema.about).where(schema.about.c.name == VERSION).values(value=str(number)))


def _version(session: Session, where: str) -> int:
    """Of the tables that are there; 0 without any."""
    names = set(inspect(session.connection).get_table_names())
    if schema.about.name not in names:
        ours = sorted(names & set(schema.metadata.tables))
        if ours:
            raise SavedError(f"{where} has tables of another program ({', '.join(ours)}). Name another data base.")
        return 0
    found = session.run(select(schema.about.c.value).where(schema.about.c.name == VERSION)).scalar()
    if not str(found).isdigit() or not 1 <= int(str(found)) <= NEWEST:
        raise SavedError(
            f"{where} has tables of version {found}; this tastemaker knows 1 to {NEWEST}. Install a newer one."
        )
    return int(str(found))


def _create(session: Session) -> None:
    schema.metadata.create_all(session.connection)
    session.insert(schema.about, [(VERSION, str(NEWEST)), (SALT, secrets.token_hex(16))])
