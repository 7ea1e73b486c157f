"""Requests that are sent again where that may help, no sooner than the service wants."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tastemaker.core import BadSetting, DataError, MissingExtra, ServiceError, TastemakerError

if TYPE_CHECKING:
    import httpx

BUSY = {429, 502, 503, 504}  # statuses after which the same request may succeed
FIRST = 0.1  # seconds before the second try, where the service names none; then twice as long each time


class Transport:
    """One service over HTTP; may be used by several threads.

    Args:
        url: Such as ``http://127.0.0.1:8000``.
        key: Sent with every request.
        timeout: Seconds that one try may take.
        tries: Of one request.
        longest: Seconds that it waits between two tries at most; where the service asks for more, it gives up.

    Raises:
        BadSetting: `url` is no address of HTTP.
        MissingExtra: httpx is not installed.
    """

    def __init__(self, url: str, key: str, timeout: float = 30.0, tries: int = 5, longest: float = 30.0) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("httpx", "client") from error
        if not url.startswith(("http://", "https://")):
            raise BadSetting(f"{url!r} is no address of a service; expected one such as http://127.0.0.1:8000.")
        self._tries, self._longest = tries, longest
        self._url = url.rstrip("/")
        self._failures: type[Exception] = httpx.TransportError
        self._http: httpx.Client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"}, timeout=timeout, trust_env=False
        )

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def ask(self, method: str, path: str, **what: Any) -> Any:
        """The answer as plain values, None where it has no body.

        Args:
            method: Of HTTP; must be one whose repetition is harmless, by itself or by a key in `what`.
            path: From the first slash on.
            what: As `httpx.Client.request` takes it: ``json``, ``content``, ``params``, ``headers``.

        Raises:
            DataError: the service refuses the request, which says why.
            ServiceError: it does not answer, or is busy, after all tries; or the error is its own.
        """
        wait, why = FIRST, ""
        for left in reversed(range(self._tries)):
            answered, asked = None, None
            try:
                answered = self._http.request(method, self._url + path, **what)
            except self._failures as error:
                why = f"{type(error).__name__}: {error}"
            if answered is not None:
                if answered.status_code not in BUSY:
                    return _body(answered, path)
                why, asked = _why(answered), retry_after(answered.headers)
            pause = wait * (0.5 + secrets.randbelow(501) / 1000) if asked is None else asked
            if not left or pause > self._longest:
                break
            time.sleep(pause)
            wait *= 2
        raise ServiceError(f"{self._url} could not answer {method} {path}: {why}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service wants to be left alone; None where it does not say."""
    said = headers.get("retry-after", "").strip()
    return float(said) if said.isdigit() else None


def _body(answered: httpx.Response, path: str) -> Any:
    if answered.is_success:
        return answered.json() if answered.content else None
    raise _refusal(answered.status_code)(f"{path}: {_why(answered)}")


def _refusal(status: int) -> type[TastemakerError]:
    return ServiceError if status >= 500 else DataError


def _why(answered: httpx.Response) -> str:
    """What a problem says, in one line."""
    try:
        said = answered.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return f"status {answered.status_code}"
    errors = "; ".join(f"{one.get('where')}: {one.get('what')}" for one in said.get("errors", []))
    return f"{said.get('detail', '')} ({answered.status_code})" + (f" {errors}" if errors else "")
