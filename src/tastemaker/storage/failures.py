"""What a data base's own errors mean, as ours."""

from __future__ import annotations

from tastemaker.core import TastemakerError
from tastemaker.core.errors import DataError, ServiceError

_MEANINGS = (
    ("database is locked", "another process is writing to it for too long; try again"),
    ("lock timeout", "another process is writing to it for too long; try again"),
    ("database or disk is full", "the disk is full; nothing of this was stored. Make room and try again"),
    ("no space left", "the disk is full; nothing of this was stored. Make room and try again"),
    ("readonly database", "it may not be written to; look at the rights of the file and its folder"),
    ("unable to open", "it cannot be opened; look at the path and its rights"),
    ("not a database", "it is no SQLite data base; name another file"),
    ("malformed", "it is damaged; restore a backup"),
    ("disk i/o error", "the disk does not answer as it should"),
    ("password", "the user or the password of its URL is refused"),
    ("closed", "it was closed; open it again"),
    ("role", "the user of its URL is unknown"),
    ("does not exist", "there is no such data base; create it, such as by `createdb NAME`"),
    ("queuepool limit", "all connections are in use; try again"),
)
_WRONG_KINDS = ("IntegrityError", "DataError", "ProgrammingError")
_WRONG_VALUES = (OverflowError, UnicodeError, TypeError, ValueError)


def meaning(error: Exception, where: str) -> TastemakerError:
    """`DataError` where a value cannot be stored, else `ServiceError` with what to do.

    Args:
        error: Of SQLAlchemy, sqlite3 or psycopg.
        where: The data base, without a password.
    """
    origin = getattr(error, "orig", None) or error
    said = str(origin).strip() or type(origin).__name__
    low = said.lower()
    known = next((advice for words, advice in _MEANINGS if words in low), "")
    wrong = type(origin).__name__ in _WRONG_KINDS or isinstance(origin, _WRONG_VALUES) or "binding" in low
    if wrong and not known:
        return DataError(f"A value cannot be stored: {said.splitlines()[0]}.")
    advice = known or "it does not answer; try again"
    return ServiceError(f"{where}: {advice} ({said.splitlines()[0]}).")
