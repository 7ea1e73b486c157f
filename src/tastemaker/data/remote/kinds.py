"""What a file is by its first bytes; its name and what the server calls it say nothing."""

from __future__ import annotations

FIRST = 64  # bytes that are looked at
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xd8\xff", "image", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image", "png"),
    (b"GIF87a", "image", "gif"),
    (b"GIF89a", "image", "gif"),
    (b"BM", "image", "bmp"),
    (b"II*\0", "image", "tif"),
    (b"MM\0*", "image", "tif"),
    (b"\0\0\0\x0cjP  ", "image", "jp2"),
    (b"\0\0\x01\0", "image", "ico"),
    (b"OggS", "audio", "ogg"),
    (b"fLaC", "audio", "flac"),
    (b"ID3", "audio", "mp3"),
    (b"\x1aE\xdf\xa3", "video", "webm"),
)
_RIFF = {b"WEBP": ("image", "webp"), b"WAVE": ("audio", "wav"), b"AVI ": ("video", "avi")}
_SOUND_BRANDS = (b"M4A ", b"M4B ")
_PICTURE_BRANDS = (b"avif", b"avis")
TAKEN = {"image": ("image",), "audio": ("audio", "video"), "video": ("video",)}  # a video has sound, too


def kind_of(first: bytes) -> tuple[str, str] | None:
    """("image", "jpg") and the like; None where the bytes are no picture, sound or video that is known."""
    for start, modality, ending in _STARTS:
        if first.startswith(start):
            return modality, ending
    if first[:4] == b"RIFF":
        return _RIFF.get(first[8:12])
    if first[:4] == b"FORM" and first[8:12] in (b"AIFF", b"AIFC"):
        return "audio", "aif"
    if first[4:8] == b"ftyp":
        return _brand(first[8:12])
    if len(first) > 2 and first[0] == 0xFF and first[1] & 0xE0 == 0xE0 and first[1] & 0x06:
        return "audio", "mp3"  # a frame of MPEG audio without a tag
    return None


def _brand(brand: bytes) -> tuple[str, str]:
    if brand in _PICTURE_BRANDS:
        return "image", "avif"
    return ("audio", "m4a") if brand in _SOUND_BRANDS else ("video", "mp4")


def describe(first: bytes) -> str:
    """What bytes of no known kind look like, for a reason."""
    start = first.lstrip()[:15].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start.startswith((b"<svg", b"<?xml")):
        return "SVG or XML"
    return "nothing" if not first else f"bytes that begin with {first[:8].hex(' ')}"
