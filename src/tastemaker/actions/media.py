"""Fetching the pictures and sounds that the items name by address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import load_config
from tastemaker.core import BadSetting, DataError, Run

if TYPE_CHECKING:
    from tastemaker.data.remote.pull import Pulled

SHOWN = 20


@dataclass(frozen=True)
class PullRequest:
    """What is fetched, from where, at what cost.

    Attributes:
        folder: The data folder; files go into its ``media``.
        hosts: Hosts that may be asked.
        any_host: Ask any host of the public network.
        private: Ask addresses of the inner network, too.
        refresh: Ask for what is here, too.
        caps: Settings of `Caps` that are not the usual ones.
        config: Settings over the folder's ``tastemaker.toml``.
        run: Progress.
    """

    folder: Path
    hosts: Sequence[str] = ()
    any_host: bool = False
    private: bool = False
    refresh: bool = False
    caps: Mapping[str, Any] = field(default_factory=dict)
    config: Path | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class PullAnswer:
    """The receipt, and where the files lie."""

    pulled: Pulled
    folder: Path

    def text(self) -> str:
        """Counts, reasons, and the first addresses that failed."""
        p = self.pulled
        lines = [
            f"fetched {p.fetched:,} ({p.bytes / 1e6:,.1f} MB), unchanged {p.unchanged:,}, already here {p.kept:,}, "
            f"failed {len(p.failed):,}, in {p.seconds:g} s"
        ]
        lines += [f"left for the next time, as all bytes were spent: {p.left:,}"] if p.left else []
        reasons = Counter(reason for _, reason in p.failed)
        lines += [f"failed: {count:,} x {reason}" for reason, count in reasons.most_common(SHOWN)]
        lines += [f"  {url[:120]}: {reason}" for url, reason in p.failed[:SHOWN]]
        return "\n".join([*lines, f"files: {self.folder / 'media'}; what is what: {self.folder / 'media.csv'}"])

    def to_json(self) -> Any:
        """The receipt as an object."""
        failed = [{"url": url, "reason": reason} for url, reason in self.pulled.failed]
        return {**asdict(self.pulled), "failed": failed, "folder": str(self.folder)}


def pull(request: PullRequest) -> PullAnswer:
    """Fetch what the items' tables name by http(s) addresses; the tables stay as they are.

    Raises:
        DataError: no such folder, no items, or no addresses in them.
        BadSetting: no hosts are allowed, or a cap cannot be taken.
    """
    from tastemaker.data.remote.guard import Guard
    from tastemaker.data.remote.pull import addresses
    from tastemaker.data.remote.pull import pull as fetch

    if not request.folder.is_dir():
        raise DataError(f"There is no data folder {request.folder}.")
    config = load_config(request.folder, request.config)
    wanted = addresses(request.folder, config.data)
    if not wanted:
        raise DataError(f"The items of {request.folder} name no picture, sound or video by an http(s) address.")
    if not request.hosts and not request.any_host:
        raise BadSetting(f"Say which hosts may be asked. The items name: {_hosts(wanted)}. Or say --any-host.")
    guard = Guard(tuple(request.hosts), request.any_host, request.private)
    pulled = fetch(request.folder, wanted, (guard, _caps(request.caps)), refresh=request.refresh, run=request.run)
    return PullAnswer(pulled, request.folder)


def _caps(given: Mapping[str, Any]) -> Any:
    import pydantic

    from tastemaker.core.component import refused
    from tastemaker.data.remote.get import Caps

    try:
        return Caps(**given)
    except pydantic.ValidationError as error:
        raise refused("These caps cannot be taken:", error) from error


def _hosts(wanted: Mapping[str, str]) -> str:
    """Such as ``--hosts img.example.org (120), cdn.example.org (3)``."""
    from urllib.parse import urlsplit

    counts = Counter(urlsplit(url).netloc.rpartition("@")[2] for url in wanted)
    shown = ", ".join(f"{host} ({count:,})" for host, count in counts.most_common(10))
    return f"{shown}; {len(counts):,} in all" if len(counts) > 10 else shown
