"""Everything a tenant has, as the data set that models learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from tastemaker.core import DataError
from tastemaker.data import Dataset
from tastemaker.data.settings import DataSettings
from tastemaker.storage.base import Item, User
from tastemaker.storage.rows import item_of, user_of
from tastemaker.storage.schema import EVENTS, ITEMS, USERS

if TYPE_CHECKING:
    from tastemaker.storage.shop import SqlShop

COLUMNS = {
    "user_id": EVENTS.c.user,
    "item_id": EVENTS.c.item,
    "event": EVENTS.c.kind,
    "rating": EVENTS.c.value,
    "timestamp": EVENTS.c.time,
    "session_id": EVENTS.c.session,
    "comment": EVENTS.c.comment,
}
RATE = "rate"
POSITIVE = "positive_from"  # note: ratings from here on are positive


def snapshot(shop: SqlShop, until: float | None) -> Dataset:
    """As of `until` (seconds since 1970), in order of time and arrival; read and cleaned as a data folder is.

    Raises:
        DataError: there are no events.
    """
    from tastemaker.data.build import build
    from tastemaker.data.receipt import Ledger
    from tastemaker.data.sources.tables import Tables

    with shop.link.read() as connection:
        users = [user_of(row) for row in connection.execute(select(USERS).where(USERS.c.tenant == shop.tenant))]
        mine = select(ITEMS).where(ITEMS.c.tenant == shop.tenant, ~ITEMS.c.deleted).order_by(ITEMS.c.revision)
        items = [item_of(row) for row in connection.execute(mine)]
        rows = connection.execute(_events(shop.tenant, until)).all()
    hidden = {user.id for user in users if not user.profiling}
    rows = [row for row in rows if row[0] not in hidden] if hidden else list(rows)
    if not rows:
        raise DataError(f"The tenant {shop.tenant!r} has no events to learn from.")
    tables = Tables(
        "store",
        shop.tenant,
        _log(rows),
        _item_table(items),
        _user_table([user for user in users if user.profiling]),
        root=shop.media,
    )
    positive = shop.note(POSITIVE)
    return build(tables, DataSettings(near_duplicates=False, positive_from=positive), Ledger()).data


def _events(tenant: str, until: float | None) -> Any:
    question = select(*COLUMNS.values()).where(EVENTS.c.tenant == tenant)
    if until is not None:
        question = question.where(EVENTS.c.time <= until)
    return question.order_by(func.floor(EVENTS.c.time), EVENTS.c.number)


def _log(rows: Sequence[Any]) -> Any:
    import pyarrow as pa

    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    columns["timestamp"] = [int(time) for time in columns["timestamp"]]
    rated = [kind == RATE for kind in columns["event"]]
    ratings = columns.pop("rating")
    if any(rated):
        columns["rating"] = [value if rate else None for value, rate in zip(ratings, rated, strict=True)]
    for name in ("session_id", "comment", "event"):
        if not any(columns[name]):
            del columns[name]
    return pa.table(columns)


def _item_table(items: Sequence[Item]) -> Any:
    import pyarrow as pa

    columns: dict[str, Any] = {"item_id": [item.id for item in items]}
    columns["title"] = [item.title for item in items]
    columns["text"] = ["\n".join(item.texts) for item in items]
    for modality in ("image", "audio", "video"):
        files = ["|".join(item.media.get(modality, ())) for item in items]
        if any(files):
            columns[modality] = files
    taken = set(columns)
    attributes = _attributes([item.attributes for item in items])
    return pa.table(columns | {name: values for name, values in attributes.items() if name not in taken})


def _user_table(users: Sequence[User]) -> Any:
    import pyarrow as pa

    attributes = _attributes([user.attributes for user in users])
    return pa.table({**attributes, "user_id": [user.id for user in users]})


def _attributes(rows: Sequence[Any]) -> dict[str, Any]:
    """Columns of one kind each: numbers where all are numbers, else texts."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: list[Any]) -> list[Any]:
    said = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in said):
        return values
    return [None if value is None else _text(value) for value in values]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(str(part).replace("|", "/") for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
