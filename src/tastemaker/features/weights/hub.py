"""Weights from the Hugging Face hub: ``hub:ORG/NAME@REVISION[#SHA256]``, fetched only by `pull`."""

from __future__ import annotations

import importlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tastemaker.core import MissingExtra, WeightsError, fingerprints
from tastemaker.core.files import replacing_folder

PREFIX = "hub:"
PATTERN = re.compile(r"hub:([\w.-]+)/([\w.-]+)@([\w.-]+)(?:#([0-9a-f]{64}))?")
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "LICENSE*", "README.md")
SECONDS = 10


@dataclass(frozen=True)
class Address:
    """A pinned model on the hub.

    Attributes:
        id: "ORG/NAME".
        revision: A commit (best) or a tag.
        sha256: What the largest safetensors file must hash to; "" to take what comes.
    """

    id: str
    revision: str
    sha256: str = ""

    @property
    def label(self) -> str:
        """Name of the folder that a pull makes."""
        return f"hub--{self.id.replace('/', '--')}@{self.revision}"


def address(text: str) -> Address:
    """Parse ``hub:ORG/NAME@REVISION[#SHA256]``; raises `WeightsError`."""
    match = PATTERN.fullmatch(text)
    if match is None or ".." in text:
        raise WeightsError(
            f"{text!r} is no address of weights. Expected hub:ORG/NAME@REVISION[#SHA256]; "
            "the revision is the commit that the model's page shows under 'Files', "
            "the hash is the SHA-256 of its safetensors file."
        )
    org, name, revision, sha256 = match.groups()
    return Address(f"{org}/{name}", revision, sha256 or "")


def folder(text: str, store: Path) -> Path:
    """The folder of a pulled address; raises `WeightsError` when it has not been pulled."""
    at = address(text)
    place = store / at.label
    if not place.is_dir():
        raise WeightsError(
            f"{at.id} at {at.revision} is not here. Try: tastemaker weights pull {text} "
            "(or give the folder of a copy that you have)."
        )
    return place


def fetch(at: Address, target: Path) -> None:
    """Download `at` into `target`, whole or not at all. Only data is fetched: safetensors, JSON, texts.

    Raises:
        WeightsError: The hub is out of reach, has no such model, or the hash differs.
    """
    with replacing_folder(target) as part:
        _snapshot(at, part)
        weights = sorted(part.rglob("*.safetensors"), key=lambda file: file.stat().st_size)
        if not weights:
            raise WeightsError(f"{at.id} at {at.revision} has no safetensors file; other formats are not read.")
        found = fingerprints.of_file(weights[-1])
        if at.sha256 and found != at.sha256:
            raise WeightsError(
                f"{weights[-1].name} of {at.id} at {at.revision} has SHA-256 {found}, "
                f"expected {at.sha256}. It was not kept."
            )


def _snapshot(at: Address, part: Path) -> None:
    try:
        library: Any = importlib.import_module("huggingface_hub")
        bars: Any = importlib.import_module("huggingface_hub.utils")
    except ImportError as error:
        raise MissingExtra("huggingface_hub", "text") from error
    bars.disable_progress_bars()
    try:  # the first, short question tells quickly whether the hub can be reached at all
        library.HfApi().model_info(at.id, revision=at.revision, timeout=SECONDS)
        library.snapshot_download(at.id, revision=at.revision, local_dir=part, allow_patterns=list(WANTED))
    except Exception as error:  # the hub raises errors of several libraries: all mean that it did not come
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{at.id} at {at.revision} could not be fetched from the Hugging Face hub: {first} "
            "Fetch it where the net allows and give its folder instead (setting `folder`)."
        ) from error
    shutil.rmtree(part / ".cache", ignore_errors=True)  # the library's own notes about the download
