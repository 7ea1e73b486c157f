"""What is kept of a user, told or erased."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, text

from tastemaker.core import ServiceError
from tastemaker.storage.rows import EVENT, event_of, shown_of
from tastemaker.storage.schema import ERASED, EVENTS, SHOWN, USERS
from tastemaker.storage.writing import put

if TYPE_CHECKING:
    from tastemaker.storage.shop import SqlShop

SALT = "erasure_salt"
OF_USER = ((EVENTS, EVENTS.c.user), (SHOWN, SHOWN.c.user), (USERS, USERS.c.id))


def export(shop: SqlShop, user: str) -> dict[str, Any]:
    """His attributes, all that he did, and the lists that he was given."""
    with shop.link.read() as connection:
        mine = select(*(EVENTS.c[name] for name in EVENT)).where(EVENTS.c.tenant == shop.tenant, EVENTS.c.user == user)
        events = [asdict(event_of(row)) for row in connection.execute(mine.order_by(EVENTS.c.number))]
        lists = select(SHOWN).where(SHOWN.c.tenant == shop.tenant, SHOWN.c.user == user).order_by(SHOWN.c.time)
        shown = [asdict(shown_of(row)) for row in connection.execute(lists)]
    known = shop.user(user)
    return {"user": None if known is None else asdict(known), "events": events, "shown": shown}


def forget(shop: SqlShop, user: str) -> int:
    """Erase his rows, and what the data base's files still hold of them.

    A salted hash of his id stays, so that an older backup, once restored, forgets him too.
    """
    salt = _salt(shop)
    with shop.link.write() as connection:
        gone = sum(
            connection.execute(delete(table).where(table.c.tenant == shop.tenant, who == user)).rowcount
            for table, who in OF_USER
        )
        put(connection, ERASED, [{"tenant": shop.tenant, "mark": mark(salt, user), "time": time.time()}])
    clean(shop)
    return gone


def clean(shop: SqlShop) -> None:
    """Overwrite what was deleted: SQLite's log goes into its file, PostgreSQL's dead rows go."""
    with shop.link.alone() as connection:
        if not shop.link.sqlite:
            for table, _ in OF_USER:
                connection.execute(text(f"VACUUM {table.name}"))
            return
        busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
    if busy:
        raise ServiceError("The user is erased, but the data base's log could not be emptied; ask for it once more.")


def erased_again(shop: SqlShop, users: Iterable[str]) -> list[str]:
    """Which of the users were erased before."""
    with shop.link.read() as connection:
        marks = set(connection.execute(select(ERASED.c.mark).where(ERASED.c.tenant == shop.tenant)).scalars())
    salt = _salt(shop) if marks else ""
    return [user for user in users if marks and mark(salt, user) in marks]


def mark(salt: str, user: str) -> str:
    """What is kept of an erased id; without the salt it cannot be looked up (RFC 7914 scrypt)."""
    return hashlib.scrypt(user.encode(), salt=bytes.fromhex(salt), n=1 << 10, r=8, p=1, dklen=16).hex()


def _salt(shop: SqlShop) -> str:
    said = shop.note(SALT)
    return str(said) if said else str(shop.note(SALT, secrets.token_hex(16)))
