"""The folder of a service: its data base unless that is elsewhere, versions of models, uploaded files."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tastemaker.core import SavedError, fingerprints
from tastemaker.core.files import replacing_folder
from tastemaker.core.saved import MANIFEST
from tastemaker.storage.base import Shop, Version


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

    def adopt(self, shop: Shop, model: Path) -> Version:
        """Register a saved pipeline, once, and make it live where it is new; the live version afterwards.

        Its folder is copied: a model that is served never changes under the service.

        Raises:
            SavedError: `model` is no saved pipeline.
        """
        mark = mark_of(model)
        versions = shop.versions()
        live = next((v for v in versions if v.state == "live"), None)
        if live is not None and any(v.figures.get("mark") == mark for v in versions):
            return live
        version = self.register(shop, model, {"why": "given to serve"})
        shop.put_version(promoted(version))
        return promoted(version)

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


def promoted(version: Version) -> Version:
    """The same, live."""
    return Version(version.name, version.folder, version.created, "live", version.figures)


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
