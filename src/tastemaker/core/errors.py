"""Every error that tastemaker raises on purpose. Catch `TastemakerError` to catch them all.

* TastemakerError
  - DataError      the input does not say what it should (tables, media, folders)
  - UnknownName    no component of that kind has that name
  - BadSetting     a component was given a setting it does not have or cannot take
  - NotFitted      a component was used before `fit` or `load`
  - MissingExtra   an optional package is not installed
  - WeightsError   pretrained weights are absent, or are not what their hash says
  - ServiceError   a service on the net did not answer as it should, or would cost too much
  - PartFailed     a part of work that was spread over processes failed three times
  - SavedError     a saved folder is incomplete, damaged or from another format
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def hint(name: str, known: Iterable[str]) -> str:
    """Such as `` Did you mean 'popular'?``; "" where nothing known is near."""
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class TastemakerError(Exception):
    """Base of every deliberate error; its text says what is wrong and what to do."""


class DataError(TastemakerError, ValueError):
    """The input does not say what it should."""


class BadSetting(TastemakerError, ValueError):
    """A component was given a setting it does not have or cannot take."""


class MissingExtra(TastemakerError, ImportError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Try: pip install 'tastemaker[{extra}]'")


class WeightsError(TastemakerError, RuntimeError):
    """Pretrained weights are absent, or are not what their hash says."""


class ServiceError(TastemakerError, RuntimeError):
    """A service on the net did not answer as it should, or would cost too much."""


class PartFailed(TastemakerError, RuntimeError):
    """A part of work that was spread over processes failed again and again.

    Args:
        part: Its number, from 0.
        tries: How often it was tried.
        why: What happened the last time.
    """

    def __init__(self, part: int, tries: int, why: str) -> None:
        super().__init__(f"Part {part} failed {tries} times; the last time: {why}")
        self.part, self.tries, self.why = part, tries, why


class SavedError(TastemakerError, RuntimeError):
    """A saved folder is incomplete, damaged or from another format."""


class NotFitted(TastemakerError, RuntimeError):
    """A component was used before `fit` or `load`."""

    def __init__(self, component: object) -> None:
        name = type(component).__name__
        super().__init__(f"{name} has not been fitted. Call `{name}.fit(data)` first.")


class UnknownName(TastemakerError, LookupError):
    """No component of that kind has that name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        super().__init__(f"There is no {kind} called {name!r}.{hint(name, known)} Known: {', '.join(known)}.")
