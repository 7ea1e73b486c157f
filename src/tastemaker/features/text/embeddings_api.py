"""One endpoint ``/embeddings`` as OpenAI describes it: asked patiently, and never beyond a cap."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from tastemaker.core import ServiceError
from tastemaker.core.patience import asked_to_wait

PATIENCE = 60.0  # seconds: a server that asks to wait longer is not waited for
LARGEST = 256 << 20  # bytes of an answer
SAID = 200  # characters of the server's own words in an error


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask.

    Attributes:
        url: Up to and without ``/embeddings``.
        key: Sent as a bearer token; "" for none. It stands in no error, whatever the server says.
        timeout: Seconds that one answer may take.
        retries: How often a question is asked again after 408, 429, 5xx, silence or a broken line.
    """

    url: str
    key: str = ""
    timeout: float = 30.0
    retries: int = 5

    def __repr__(self) -> str:
        """Without the key."""
        return f"Endpoint({self.url!r})"

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question as JSON; raises `ServiceError`."""
        for attempt in range(self.retries):
            answer = self._once(asked)
            if isinstance(answer, dict):
                return answer
            time.sleep(self._pause(answer, attempt))
        answer = self._once(asked)
        if isinstance(answer, dict):
            return answer
        times = f"{self.retries + 1} times" if self.retries else "once"
        raise ServiceError(f"{self.url} was asked {times}; in the end {answer.why}. Try again later.")

    def _once(self, asked: dict[str, Any]) -> dict[str, Any] | _Failed:
        """The answer, or what failed and may be tried again; raises `ServiceError` for what stays wrong."""
        try:
            with _OPENER.open(self._request(asked), timeout=self.timeout) as answer:
                return self._parsed(answer.read(LARGEST + 1))
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error)
        except TimeoutError:
            return _Failed(f"it did not answer within {self.timeout:g} s")
        except (urllib.error.URLError, HTTPException, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            late = isinstance(reason, TimeoutError)
            return _Failed(f"it did not answer within {self.timeout:g} s" if late else f"no answer came ({reason})")

    def _request(self, asked: dict[str, Any]) -> urllib.request.Request:
        head = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "tastemaker"}
        if self.key:
            head["Authorization"] = f"Bearer {self.key}"
        address = f"{self.url.rstrip('/')}/embeddings"
        return urllib.request.Request(address, json.dumps(asked).encode(), head, method="POST")

    def _parsed(self, body: bytes) -> dict[str, Any]:
        if len(body) > LARGEST:
            raise ServiceError(f"{self.url} answers with more than {LARGEST >> 20} MiB; set a smaller `batch`.")
        try:
            read = json.loads(body)
        except ValueError as error:
            raise ServiceError(f"{self.url} answers with what is no JSON: {self._words(body)!r}.") from error
        if not isinstance(read, dict):
            raise ServiceError(f"{self.url} answers with {self._words(body)!r}, expected an object with `data`.")
        return read

    def _refused(self, error: urllib.error.HTTPError) -> _Failed:
        said = self._words(error.read(10_000))
        if error.code in (408, 409, 429) or error.code >= 500:
            return _Failed(f"it said {error.code}: {said!r}", asked_to_wait(error.headers.get("Retry-After")))
        cure = " Check the key, and the setting `key`." if error.code in (401, 403) else ""
        raise ServiceError(f"{self.url} refuses with {error.code}: {said!r}.{cure}")

    def _pause(self, failed: _Failed, attempt: int) -> float:
        """Seconds to wait before the next attempt: what the server asks for, else twice as long each time."""
        if failed.wait is None:
            return float(min(PATIENCE, 0.5 * 2**attempt))
        if failed.wait > PATIENCE:
            raise ServiceError(f"{self.url}: {failed.why}, and asks to wait {failed.wait:,.0f} s. Try again then.")
        return failed.wait

    def _words(self, body: bytes) -> str:
        """The server's own words, short and without the key."""
        text = " ".join(body.decode("utf-8", "replace").split())
        with contextlib.suppress(ValueError, KeyError, TypeError):
            text = str(json.loads(body)["error"]["message"])
        return (text.replace(self.key, "***") if self.key else text)[:SAID]


@dataclass(frozen=True)
class _Failed:
    """What failed, and how long the server asks to wait."""

    why: str
    wait: float | None = None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another address must not get the key."""

    def redirect_request(self, *args: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def rows_of(answer: dict[str, Any], n: int, dim: int) -> list[list[float]]:
    """The vectors of an answer in the order of the question.

    Args:
        answer: As the endpoint gave it.
        n: Number of texts asked for.
        dim: Width that they must have; 0 for any.

    Raises:
        ServiceError: Vectors are missing, of another width, or not made of numbers.
    """
    try:
        data = sorted(answer["data"], key=lambda entry: int(entry["index"]))
        rows = [[float(x) for x in entry["embedding"]] for entry in data]
        places = [int(entry["index"]) for entry in data]
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceError(f"The answer holds no embeddings as OpenAI describes them ({error!r}).") from error
    if places != list(range(n)):
        raise ServiceError(f"{n} texts were asked for, {len(rows)} vectors came.")
    widths: Sequence[int] = sorted({len(row) for row in rows})
    if len(widths) != 1 or widths[0] == 0 or (dim and widths[0] != dim):
        raise ServiceError(f"The vectors have {', '.join(map(str, widths))} numbers, expected {dim or 'one width'}.")
    return rows
