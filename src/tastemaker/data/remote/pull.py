"""Fetching all media that the items name by address, and telling the reader where they lie."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlsplit

from tastemaker.core import DataError, Run
from tastemaker.data.columns import find_roles
from tastemaker.data.content import MEDIA, WEB
from tastemaker.data.kinds import strings_of
from tastemaker.data.receipt import Ledger
from tastemaker.data.remote.book import FOLDER, Entry, read_book, write_book
from tastemaker.data.remote.get import Caps, Failed, Got, get
from tastemaker.data.remote.guard import Guard
from tastemaker.data.remote.kinds import TAKEN, describe, kind_of
from tastemaker.data.settings import DataSettings
from tastemaker.data.sources.detect import tables_of

FLUSH = 2.0  # seconds after which what was fetched stands in the book
OLD = 600.0  # seconds after which half a file belongs to no pull that runs
TELL = 5.0  # seconds between two lines of progress


@dataclass(frozen=True)
class Pulled:
    """The receipt of one pull.

    Attributes:
        fetched: Files that came now.
        unchanged: Files of which the server says that they are as they were.
        kept: Files that were here and were not asked for.
        failed: Address and reason of those that did not come; what was here before stays.
        left: Addresses not asked because all bytes were spent.
        bytes: Bytes that came.
        seconds: Time it took.
    """

    fetched: int = 0
    unchanged: int = 0
    kept: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    left: int = 0
    bytes: int = 0
    seconds: float = 0.0


def addresses(source: Path, settings: DataSettings) -> dict[str, str]:
    """Modality of each http address in the media columns of the items, in the order of the table.

    Raises:
        DataError: the source cannot be read, or has no table of items.
    """
    tables = tables_of(source, settings, Ledger())
    if tables.items is None:
        raise DataError(f"{source} has no table of items, so nothing names a picture or sound.")
    roles = find_roles("items", tables.items.column_names, settings.columns, Ledger())
    found: dict[str, str] = {}
    for modality in MEDIA:
        for said in (strings_of(tables.items[roles[modality]]) or ()) if modality in roles else ():
            for part in said.split("|"):
                if part.strip().lower().startswith(WEB):
                    found.setdefault(part.strip(), modality)
    return found


@dataclass
class _Pull:
    """What the threads of one pull share."""

    root: Path
    rules: tuple[Guard, Caps]
    book: dict[str, Entry]
    done: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[str, str]] = field(default_factory=list)
    hosts: Mapping[str, threading.Semaphore] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def pull(
    root: Path, wanted: Mapping[str, str], rules: tuple[Guard, Caps], *, refresh: bool = False, run: Run | None = None
) -> Pulled:
    """Fetch addresses into ``root/media`` and write ``root/media.csv``, which `read` understands.

    What is here already is not asked for again, so a pull that was stopped goes on. Each file is whole or absent.

    Args:
        root: The data folder.
        wanted: Modality by address.
        rules: What may be asked, and what it may cost.
        refresh: Ask for what is here, too; servers that know versions answer "unchanged" without sending it.
        run: Hears of progress.
    """
    run, start = run or Run(), time.monotonic()
    work = _Pull(root, rules, read_book(root))
    (root / FOLDER).mkdir(exist_ok=True)
    _sweep(root / FOLDER)
    rest = [url for url in wanted if refresh or not (url in work.book and work.book[url].here(root))]
    work.done["kept"] = len(wanted) - len(rest)
    work.hosts = {host: threading.Semaphore(rules[1].per_host) for host in {_host(url) for url in rest}}
    try:
        _fetch_all(work, [(url, wanted[url]) for url in _in_turn(rest)], run)
    finally:
        write_book(root, work.book)
    done = work.done
    return Pulled(
        fetched=done["fetched"],
        unchanged=done["unchanged"],
        kept=done["kept"],
        failed=tuple(sorted(work.failed)),
        left=done["left"],
        bytes=done["bytes"],
        seconds=round(time.monotonic() - start, 1),
    )


def _sweep(folder: Path) -> None:
    """Remove halves of files that a killed pull left; those of a pull that runs now are young."""
    for part in folder.glob(".*.part"):
        if time.time() - part.stat().st_mtime > OLD:
            part.unlink(missing_ok=True)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _in_turn(urls: list[str]) -> Iterator[str]:
    """One of each host in turn, so that a slow host does not hold all workers."""
    by: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        by[_host(url)].append(url)
    for row in zip_longest(*by.values()):
        yield from (url for url in row if url is not None)


def _fetch_all(work: _Pull, jobs: list[tuple[str, str]], run: Run) -> None:
    pool = ThreadPoolExecutor(work.rules[1].workers, "pull")
    waiting: set[Future[None]] = {pool.submit(_one, work, url, modality) for url, modality in jobs}
    total, start = len(jobs), time.monotonic()
    saved = told = start
    try:
        while waiting:
            done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            now = time.monotonic()
            if now - saved > FLUSH:
                with work.lock:
                    write_book(work.root, work.book)
                saved = time.monotonic()
            if now - told > TELL:
                told = now
                run.say(_progress(total - len(waiting), total, now - start, work.done["bytes"]))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _progress(done: int, total: int, seconds: float, got: int) -> str:
    left = f", {seconds / done * (total - done):,.0f} s left" if done else ""
    return f"media: {done:,} of {total:,}, {got / 1e6:,.1f} MB{left}"


def _one(work: _Pull, url: str, modality: str) -> None:
    if work.done["bytes"] >= work.rules[1].total:
        with work.lock:
            work.done["left"] += 1
        return
    try:
        with work.hosts[_host(url)]:
            _take(work, url, modality)
    except Failed as error:
        with work.lock:
            work.failed.append((url, str(error)))


def _take(work: _Pull, url: str, modality: str) -> None:
    old = work.book.get(url)
    old = old if old is not None and old.here(work.root) else None
    stem = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    with _part(work.root / FOLDER) as part:
        got = get(url, part, work.rules, ("", "") if old is None else (old.etag, old.last_modified))
        entry = old if got.unchanged else _entry(url, stem, modality, got)
        if entry is None:
            raise Failed("its server answers 304 although nothing was known of it")
        if not got.unchanged:
            part.chmod(0o644)
            part.replace(work.root / entry.file)
    with work.lock:
        work.done["unchanged" if got.unchanged else "fetched"] += 1
        work.done["bytes"] += got.bytes
        work.book[url] = entry


@contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """A temporary file that is gone afterwards, unless it was moved."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _entry(url: str, stem: str, modality: str, got: Got) -> Entry:
    kind = kind_of(got.first)
    if kind is None or kind[0] not in TAKEN[modality]:
        what = describe(got.first) if kind is None else f"a file of the kind {kind[1]}"
        raise Failed(f"it should be a file of the kind {modality} but is {what}")
    return Entry(url, f"{FOLDER}/{stem}.{kind[1]}", got.bytes, got.sha256, got.etag, got.last_modified)
