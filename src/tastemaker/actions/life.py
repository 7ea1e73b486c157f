"""The life of a model in a shop's store: train, update, promote, roll back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.birth import Birth, again
from tastemaker.actions.config import load_config
from tastemaker.actions.learn import pipeline_of
from tastemaker.core import DataError, Run, ServiceError
from tastemaker.core.threads import limit_threads
from tastemaker.serving.home import Home, live_of, named, promote, rollback
from tastemaker.serving.life import Gate
from tastemaker.storage.base import Shop, Version

if TYPE_CHECKING:
    from tastemaker.pipeline import Pipeline
    from tastemaker.serving.offline import Worth

TENANT = "default"


@dataclass(frozen=True)
class Place:
    """Which shop.

    Attributes:
        home: The service's folder.
        store: URL of its data base; None is SQLite in `home`.
        tenant: Whose.
    """

    home: Path
    store: str | None = None
    tenant: str = TENANT

    @contextmanager
    def open(self) -> Iterator[tuple[Shop, Home]]:
        """Its part of the store, and its folder."""
        from tastemaker.storage.open import open_store

        home = Home(self.home.absolute()).make()
        store = open_store(self.store or home.store_url)
        try:
            yield store.shop(self.tenant, home.media(self.tenant)), home
        finally:
            store.close()


@dataclass(frozen=True)
class TrainRequest:
    """What is learned from, how, and what it must pass.

    Attributes:
        place: Which shop.
        config: Settings over those of ``tastemaker.toml`` in its folder.
        gate: What a version must pass.
        run: Seed, budget, progress.
    """

    place: Place
    config: Path | None = None
    gate: Gate = field(default_factory=Gate)
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Born:
    """The answer of `train` and `update`; `version` None where there was nothing new to learn."""

    version: Version | None
    seconds: dict[str, float]
    removed: tuple[str, ...] = ()

    def text(self) -> str:
        """What became of it, and why."""
        if self.version is None:
            return "Nothing has happened since the live version learned: it stays."
        removed = f"\nremoved: {', '.join(self.removed)}" if self.removed else ""
        return f"{self.version.name} is {self.version.state}: {self.version.figures['why']}{removed}"

    def to_json(self) -> Any:
        """Plain values."""
        version = None if self.version is None else _plain(self.version)
        return {"version": version, "seconds": self.seconds, "removed": list(self.removed)}


@dataclass(frozen=True)
class Models:
    """The answer of `models`."""

    versions: tuple[Version, ...]

    def text(self) -> str:
        """One line a version."""
        lines = (f"{v.name}  {v.state:9}  {v.figures.get('why', '')}" for v in self.versions)
        return "\n".join(lines) or "There is no version yet. Train one: tastemaker train"

    def to_json(self) -> Any:
        """Plain values."""
        return {"models": [_plain(version) for version in self.versions]}


def _plain(version: Version) -> dict[str, Any]:
    said = {name: getattr(version, name) for name in ("name", "created", "state")}
    return {**said, "folder": str(version.folder), "figures": dict(version.figures)}


def models(place: Place, do: str = "list", name: str = "") -> Models:
    """Versions, oldest first; after "promote" of one, or "rollback"."""
    with place.open() as (shop, _):
        if do == "promote":
            promote(shop, named(shop, name))
        elif do == "rollback":
            rollback(shop)
        return Models(tuple(shop.versions()))


def judge(place: Place, kinds: Sequence[str] = ("click",)) -> Worth:
    """What the lists that were given out would have brought without exploration.

    Raises:
        DataError: there are too few lists, or nothing was explored.
    """
    from tastemaker.serving.offline import worth

    with place.open() as (shop, _):
        return worth(shop, kinds)


def train(request: TrainRequest) -> Born:
    """Search among models as `fit` does, and let the new version serve where it is not worse than the live one."""
    from tastemaker.actions.choose import encoders_for

    with request.place.open() as (shop, home), _alone(home, shop), limit_threads(request.run.threads):
        config = load_config(home.folder, request.config)
        data = shop.snapshot()
        encoders = encoders_for(data, config.encoders, request.run.say)
        return _born(Birth(shop, home, data, request.gate, request.run), pipeline_of(config, encoders), "trained")


def update(request: TrainRequest) -> Born:
    """Let the live version's settings learn anew from what there is now, without a search.

    Raises:
        DataError: no version is live.
    """
    from tastemaker.pipeline import load

    with request.place.open() as (shop, home), _alone(home, shop), limit_threads(request.run.threads):
        live = live_of(shop)
        if live is None:
            raise DataError(f"The tenant {shop.tenant!r} has no model to update. Train one: tastemaker train")
        if live.figures.get("events") == shop.last_event():
            return Born(None, {})
        data = shop.snapshot()
        birth = Birth(shop, home, data, request.gate, request.run)
        return _born(birth, again(load(live.folder), data), "updated")


def _born(birth: Birth, new: Pipeline, how: str) -> Born:
    version, removed = birth.of(new, how)
    return Born(version, birth.clock.seconds, tuple(removed))


@contextmanager
def _alone(home: Home, shop: Shop) -> Iterator[None]:
    """One training of a tenant at a time."""
    import fcntl

    path = home.models(shop.tenant)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServiceError(f"Another training of {shop.tenant!r} runs in {path}. Wait for its end.") from error
        yield
