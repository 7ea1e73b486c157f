"""The folder of a service: its data base unless that is elsewhere, versions of models, uploaded files."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from tastemaker.core import DataError, SavedError, UnknownName, fingerprints
from tastemaker.core.files import replacing_folder
from tastemaker.core.saved import MANIFEST
from tastemaker.storage.base import Shop, Version

ERASED = "erased"  # note: when somebody was erased last


@dataclass(frozen=True)
class Home:
    """Where a service keeps what is its own.

    Attributes:
        folder: Made with access for its owner alone.
    """

    folder: Path

    @classmethod
    def beside(cls, model: Path) -> Home:
        """``shop.service`` beside ``shop.tm``."""
        return cls(model.absolute().with_suffix(".service"))

    def make(self) -> Home:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    @property
    def store_url(self) -> str:
        """The embedded data base."""
        return f"sqlite:///{self.folder / 'store.db'}"

    def media(self, tenant: str) -> Path:
        """Uploaded files of one tenant."""
        path = self.folder / "media" / tenant
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def models(self, tenant: str) -> Path:
        """Versions of one tenant."""
        return self.folder / "models" / tenant

    def indexes(self, tenant: str) -> Path:
        """Indexes of a tenant's versions, which can be made anew."""
        return self.folder / "indexes" / tenant

    def adopt(self, shop: Shop, model: Path) -> Version:
        """Register a saved pipeline, once, and make it live where it is new; the live version afterwards.

        Its folder is copied: a model that is served never changes under the service.

        Raises:
            SavedError: `model` is no saved pipeline.
        """
        mark = mark_of(model)
        versions = shop.versions()
        live = live_of(shop)
        if live is not None and any(v.figures.get("mark") == mark for v in versions):
            return live
        return promote(shop, self.register(shop, model, {"why": "given to serve"}))

    def register(self, shop: Shop, model: Path, figures: dict[str, object]) -> Version:
        """Copy a saved pipeline and register it as a candidate."""
        mark = mark_of(model)
        name = f"v{len(shop.versions()) + 1:04d}"
        folder = self.models(shop.tenant) / name
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing_folder(folder) as new:
            shutil.copytree(model, new, dirs_exist_ok=True)
        version = Version(name, folder, time.time(), "candidate", {**figures, "mark": mark})
        shop.put_version(version)
        return version


def live_of(shop: Shop) -> Version | None:
    """The version that is live."""
    return next((version for version in shop.versions() if version.state == "live"), None)


def promote(shop: Shop, version: Version) -> Version:
    """Make a version live; services follow within a tick. It remembers which one was live before it.

    Raises:
        SavedError: its folder is gone or damaged.
    """
    mark_of(version.folder)
    before = live_of(shop)
    if before is not None and before.name == version.name:
        return before
    figures = {**version.figures, "before": "" if before is None else before.name}
    now = replace(version, state="live", figures=figures)
    shop.put_version(now)
    return now


def rollback(shop: Shop) -> Version:
    """Make live again what was live before; once more goes back further.

    Raises:
        DataError: nothing was.
        SavedError: as of `promote`.
    """
    live = live_of(shop)
    name = "" if live is None else live.figures.get("before", "")
    before = next((version for version in shop.versions() if version.name == name), None)
    if before is None:
        raise DataError(f"The tenant {shop.tenant!r} has no model that was live before. See: tastemaker models list")
    mark_of(before.folder)
    now = replace(before, state="live")
    shop.put_version(now)
    return now


def named(shop: Shop, name: str) -> Version:
    """A version by its name; raises `UnknownName`."""
    versions = {version.name: version for version in shop.versions()}
    if name not in versions:
        raise UnknownName("version", name, versions)
    return versions[name]


def tidy(shop: Shop, folder: Path, keep: int, used: Collection[str] = ()) -> list[str]:
    """Remove folders of old versions; whose.

    Args:
        shop: Whose versions.
        folder: Where they lie; others are left alone.
        keep: The newest so many stay, as do the live one, the one before it, and those in use; but of those that know
            somebody who was erased since, only the live one and those in use.
        used: Names of versions in use.
    """
    there = [version for version in shop.versions() if version.folder.is_dir() and version.folder.parent == folder]
    live = live_of(shop)
    kept = {version.name for version in there[-keep:]} | set(used)
    kept |= set() if live is None else {live.name, live.figures.get("before", "")}
    kept -= {version.name for version in there if knows_erased(shop, version)} - set(used)
    kept |= set() if live is None else {live.name}
    gone = [version for version in there if version.name not in kept]
    for version in gone:
        shutil.rmtree(version.folder)
    return [version.name for version in gone]


def erased_now(shop: Shop) -> None:
    """Note that somebody was erased: versions that learned before know him still."""
    shop.note(ERASED, time.time())


def knows_erased(shop: Shop, version: Version) -> bool:
    """Whether somebody was erased since a version began to learn."""
    began = version.figures.get("began", version.created)
    return bool(float(shop.note(ERASED) or 0.0) >= began)


def mark_of(model: Path) -> str:
    """What tells one saved pipeline from another: a hash of its manifest and of the sizes of its files."""
    try:
        said = (model / MANIFEST).read_bytes()
        if json.loads(said).get("kind") != "pipeline":
            raise ValueError
    except (OSError, ValueError, AttributeError) as error:
        raise SavedError(f"{model} is no saved pipeline. Make one: tastemaker run FOLDER --out {model}") from error
    files = sorted(path for path in model.rglob("*") if path.is_file())
    sizes = [(str(path.relative_to(model)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return fingerprints.of_bytes(said + json.dumps(sizes).encode())[:32]
