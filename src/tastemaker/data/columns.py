"""Which column is what: our names, the usual other names, and what the settings say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tastemaker.core import BadSetting, DataError
from tastemaker.core.errors import hint
from tastemaker.data.receipt import Ledger

_USER = """userid user uid customerid customer visitorid visitor reviewerid memberid accountid clientid buyerid
personid profileid learnerid studentid listenerid readerid userno usernumber username authorid"""
_ITEM = """itemid item iid movieid movie parentasin asin productid product articleid article contentid trackid songid
courseid bookid isbn newsid videoid gameid postid sku goodsid businessid listingid adid poiid docid recipeid hotelid
artistid itemno itemnumber offerid"""

INTERACTIONS: Mapping[str, str] = {
    "user_id": _USER,
    "item_id": _ITEM,
    "event": "event eventtype action behavior behaviour behaviortype behaviourtype eventname interactiontype type",
    "rating": "rating score stars star overall ratingvalue ratingscore bookrating",
    "timestamp": """timestamp time ts unixreviewtime unixtime datetime createdat eventtime eventtimestamp ratedat
        createtime creationtime date reviewtime submissiontime""",
    "session_id": "sessionid session visitid sid",
    "comment": "comment review reviewtext reviewbody comments reviewcontent",
    "split": "split xlabel partition subset",
}
ITEMS: Mapping[str, str] = {
    "item_id": _ITEM + " id",
    "title": """title name itemname itemtitle movietitle movie producttitle productname coursetitle coursename
        songname songtitle trackname booktitle headline""",
    "text": "text description plot overview summary abstract desc synopsis itemdescription content body",
    "category": "category categories genres genre tags topics topic class classes maincategory",
    "image": "image img poster picture imagepath imagefile cover photo thumbnail posterpath images imageurl imurl",
    "audio": "audio sound song audiopath audiofile soundfile songfile clip",
    "video": "video videopath videofile trailer movieclip",
}
USERS: Mapping[str, str] = {"user_id": _USER + " id"}
TABLES: Mapping[str, Mapping[str, str]] = {"interactions": INTERACTIONS, "items": ITEMS, "users": USERS}
ROLES: tuple[str, ...] = tuple(dict.fromkeys(role for roles in TABLES.values() for role in roles))
NEEDED = {"interactions": ("user_id", "item_id"), "items": ("item_id",), "users": ("user_id",)}


def plain(name: str) -> str:
    """A column name without case, spaces and signs: ``User ID``, ``userId`` and ``user_id`` are the same."""
    return re.sub(r"[\W_]+", "", name).lower()


def find_roles(
    table: str,
    header: Sequence[str],
    given: Mapping[str, str],
    ledger: Ledger,
    *,
    also: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Our column name -> theirs, for one table.

    Args:
        table: "interactions", "items" or "users".
        header: Column names of the table.
        given: What the settings say; they go before everything else.
        ledger: Learns where two columns would do.
        also: Names that another table of the source has for the same roles.

    Raises:
        BadSetting: the settings name a column that the table does not have.
        DataError: a needed column is missing.
    """
    roles: dict[str, str] = {}
    for role, usual in TABLES[table].items():
        if given.get(role) == "":
            continue
        free = [name for name in header if name not in roles.values()]
        fitting = _fitting(role, usual.split(), free, [given.get(role), (also or {}).get(role)])
        if len(fitting) > 1:
            others = " and ".join(map(repr, fitting[1:]))
            ledger.add("columns that could be the same thing", "noted", 1, [f"{role} = {fitting[0]!r}, not {others}"])
        if fitting:
            roles[role] = fitting[0]
    _check(table, header, given, roles)
    return roles


def _fitting(role: str, usual: list[str], free: list[str], named: list[str | None]) -> list[str]:
    """Columns that could have the role, best first; one that is named, or that has the exact name, is alone."""
    for name in [*named, role]:
        if name in free:
            return [name]
    found = [(usual.index(plain(name)), name) for name in free if plain(name) in usual]
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def _check(table: str, header: Sequence[str], given: Mapping[str, str], roles: Mapping[str, str]) -> None:
    for role in NEEDED[table]:
        if role not in roles:
            raise DataError(_missing(table, role, header))
    for role in TABLES[table]:
        if table != "interactions" and role in ("user_id", "item_id"):
            continue  # the name may be that of the interactions alone
        if given.get(role) and given[role] != roles.get(role):
            raise BadSetting(
                f"The settings say {role} = {given[role]!r}, but there is no such column.{hint(given[role], header)} "
                f"The {table} have: {', '.join(header)}."
            )


def _missing(table: str, role: str, header: Sequence[str]) -> str:
    what = "user" if role == "user_id" else "item"
    headless = bool(header) and all(re.fullmatch(r"[\d.:\- ]*", name) for name in header)
    hint = " Its first line seems to be data: add a line of column names." if headless else ""
    shown = ", ".join(map(repr, header[:20])) or "nothing"
    return (
        f"The {table} have no column for the {what}: expected {role!r} or a usual other name; the columns are "
        f'{shown}.{hint} Say which it is in tastemaker.toml: [data.columns] {role} = "...".'
    )
