"""Pictures and sounds as they should not be: bombs, lies, things of other kinds, and what is no file at all."""

import gzip
import io
import os
import socket
import struct
import zipfile
import zlib

import numpy as np
import soundfile
from PIL import Image


def picture(size=(40, 30), mode="RGB", kind="PNG", seed=0, **how):
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), np.uint8)).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def sound(seconds=1.0, rate=16_000, channels=1, kind="WAV", hz=440.0, subtype=None):
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)
    out = io.BytesIO()
    soundfile.write(out, np.tile(wave[:, None], (1, channels)), rate, format=kind, subtype=subtype)
    return out.getvalue()


def png(width, height, data=b"", colour=2):
    """A PNG whose head promises any size."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    ]
    chunks = [struct.pack(">I", len(b)) + t + b + struct.pack(">I", zlib.crc32(t + b)) for t, b in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def wav(samples, rate=16_000, width=4, tag=3, channels=1, claimed=None):
    """A WAV file of raw samples whose head may lie."""
    body = samples.tobytes()
    step = width * channels
    head = struct.pack("<HHIIHH", tag, channels, rate, rate * step & 0xFFFFFFFF, step, 8 * width)
    head = b"WAVEfmt " + struct.pack("<I", 16) + head
    size = len(body) if claimed is None else claimed
    return b"RIFF" + struct.pack("<I", 36 + size) + head + b"data" + struct.pack("<I", size) + body


def noise(n, seed=0):
    return np.random.default_rng(seed).bytes(n)


def zipped(content, name="a.jpg", turns=1):
    """A zip in a zip in a zip ..."""
    for _ in range(turns):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(name, content)
        content, name = out.getvalue(), "inner.zip"
    return content


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(kind, body):
    """A sound PNG with one more chunk after its head."""
    content = picture()
    return content[:33] + chunk(kind, body) + content[33:]


def frames(n, kind="GIF"):
    """An animation of n frames."""
    images = [Image.new("P", (8, 8), i % 256) for i in range(n)]
    for i, image in enumerate(images):
        image.putpalette(bytes((i * 7 + c) % 256 for c in range(768)))
    out = io.BytesIO()
    images[0].save(out, kind, save_all=True, append_images=images[1:], duration=10)
    return out.getvalue()


def scans(side=1600, turns=3000):
    """A progressive JPEG that sends its last scan again and again: small, and slow to decode."""
    out = io.BytesIO()
    shades = np.random.default_rng(0).integers(0, 256, (side // 16, side // 16), np.uint8)
    Image.fromarray(shades).resize((side, side)).save(out, "JPEG", progressive=True, quality=30)
    content = out.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * turns + content[-2:]


def tiff_ring():
    """A TIFF whose list of pages leads back to its start."""
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "TIFF")
    content = bytearray(out.getvalue())
    [first] = struct.unpack("<I", content[4:8])
    [n] = struct.unpack("<H", content[first : first + 2])
    content[first + 2 + 12 * n : first + 6 + 12 * n] = struct.pack("<I", first)
    return bytes(content)


def tiff_tags(n=4000):
    """A TIFF with thousands of tags that point far beyond its end."""
    tags = b"".join(struct.pack("<HHII", 40_000 + i, 2, 2**30, 2**31) for i in range(n))
    return b"II*\0" + struct.pack("<IH", 8, n) + tags + b"\0\0\0\0"


def bmp(width, height):
    return b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def jpeg_head(width, height):
    """A JPEG whose head alone is right."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, "JPEG")
    content = bytearray(out.getvalue())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def flac_of(samples, rate=16_000):
    """A FLAC file whose head promises any length."""
    content = bytearray(sound(1.0, rate, kind="FLAC"))
    [told] = struct.unpack(">Q", content[18:26])
    content[18:26] = struct.pack(">Q", told >> 36 << 36 | samples)
    return bytes(content)


PNG = b"\x89PNG\r\n\x1a\n"
TINY = picture()
PICTURES = {
    "bomb of 49 megapixels": lambda: png(7000, 7000, bytes(7000 * 3 + 1) * 7000),
    "50 megapixels and a row": lambda: png(10_000, 5001),
    "4 gigapixels": lambda: png(65_535, 65_535),
    "strip of 2 x 10 million": lambda: png(10_000_000, 2, bytes(10_000_000 + 1) * 2, colour=0),
    "compressed text of 100 MB": lambda: with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000))),
    "profile of 100 MB": lambda: with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(100_000_000))),
    "chunk longer than the file": lambda: TINY[:33] + struct.pack(">I", 2**31 - 1) + b"tEXt" + b"x" * 20,
    "signature and noise": lambda: PNG + noise(4000),
    "more pixels than told": lambda: png(4, 4, bytes(13 * 1000)),
    "animation of 3000 frames": lambda: frames(3000),
    "animated png": lambda: frames(300, "PNG"),
    "gif with a huge screen": lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + frames(1)[10:],
    "gif that is a script": lambda: b"GIF89a/*" + b" " * 20 + b"*/=1;alert(1)",
    "jpeg of endless scans": scans,
    "jpeg head of 4 gigapixels": lambda: jpeg_head(65_535, 65_535),
    "jpeg head of 49 megapixels": lambda: jpeg_head(7000, 7000),
    "jpeg and zip in one": lambda: picture(kind="JPEG") + zipped(b"x" * 1000),
    "jpeg after a pdf head": lambda: b"%PDF-1.4\n" + picture(kind="JPEG"),
    "jpeg and html in one": lambda: picture(kind="JPEG") + b"<script>alert(1)</script>",
    "pages in a ring": tiff_ring,
    "tags beyond the end": tiff_tags,
    "bmp of 2 to the 31": lambda: bmp(2**31 - 1, 2**31 - 1),
    "bmp upside down and empty": lambda: bmp(100, -100),
    "ppm of 10 gigapixels": lambda: b"P6 99999 99999 255\n",
    "ppm of words": lambda: b"P3 9 9 255\n" + b"many " * 2000,
    "webp head alone": lambda: picture(kind="WEBP")[:30],
    "webp of a lying size": lambda: b"RIFF\xff\xff\xff\xff" + picture(kind="WEBP")[8:],
    "avif head alone": lambda: b"\0\0\0\x1cftypavif" + noise(40),
    "jpeg 2000 head alone": lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + noise(40),
    "icon of icons": lambda: struct.pack("<HHH", 0, 1, 60_000) + noise(3000),
    "text": lambda: b"I am a photograph. " * 50,
    "html": lambda: b"<!doctype html><title>404</title>",
    "svg with an outside entity": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>'
    ),
    "svg of a billion laughs": lambda: (
        b"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '" + b"&a;" * 99 + b"'>]><svg>&b;</svg>"
    ),
    "postscript that runs a program": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%touch hacked) (w) file\n",
    "zip in zip in zip": lambda: zipped(bytes(1_000_000), turns=5),
    "gzip of 100 MB": lambda: gzip.compress(bytes(100_000_000)),
    "zeros": lambda: bytes(1_000_000),
    "nothing": lambda: b"",
    "sound as a picture": lambda: sound(0.2),
}
SOUNDS = {
    "wav of 100 hours in its head": lambda: wav(np.zeros(16_000, np.float32), claimed=0xFFFFFF00),
    "flac of 1000 hours in its head": lambda: flac_of(1000 * 3600 * 16_000),
    "flac of all samples": lambda: flac_of(2**36 - 1),
    "wav of 1000 channels": lambda: wav(np.zeros(1000 * 400, np.int16), width=2, tag=1, channels=1000),
    "wav head longer than the file": lambda: b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\x7f" + noise(60),
    "wav of chunks without end": lambda: b"RIFF\0\0\1\0WAVE" + b"LIST\0\0\0\0" * 8000,
    "tag of 256 MB": lambda: b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + noise(300),
    "mp3 frames of zeros": lambda: b"\xff\xfb\x90\x44" + bytes(5000),
    "ogg pages of noise": lambda: b"".join(b"OggS\0\2" + noise(21, n) + b"\xff" * 10 for n in range(50)),
    "au without a rate": lambda: b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 3, 0, 1) + bytes(400),
    "aiff of a lying size": lambda: b"FORM\x7f\xff\xff\xffAIFFCOMM\0\0\0\x12\0\1\x7f\xff\xff\xff\0\x10" + noise(40),
    "film of boxes in boxes": lambda: b"\0\0\0\x18ftypisom" + noise(12) + b"\0\0\x40\0moov" * 900,
    "matroska of noise": lambda: b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + noise(900),
    "play list": lambda: b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\nhttp://127.0.0.1:9/\n",
    "picture as a sound": lambda: TINY,
    "zeros as a sound": lambda: bytes(100_000),
}
GOOD = {"animation of 3000 frames", "animated png", "jpeg and zip in one", "jpeg and html in one"}
GOOD |= {"bomb of 49 megapixels", "strip of 2 x 10 million"}  # within the limits
NO_FILES = ("pipe", "socket", "folder", "endless device", "own memory", "circle", "way out", "gone", "huge")


def write_hostile(folder):
    """One file a name; path by name, and the kind that each should be."""
    folder.mkdir(parents=True)
    made = {}
    for kind, contents in (("image", PICTURES), ("audio", SOUNDS)):
        for n, (name, content) in enumerate(contents.items()):
            ending = ("jpg", "png", "gif")[n % 3] if kind == "image" else ("wav", "mp3", "ogg")[n % 3]
            made[name] = (folder / f"{name}.{ending}", kind)
            made[name][0].write_bytes(content())
    for name in NO_FILES:
        made[name] = (folder / f"{name}.jpg", "image")
    no_files(folder, {name: made[name][0] for name in NO_FILES})
    made["long sound"] = (folder / "long.wav", "audio")
    with made["long sound"][0].open("wb") as file:  # 7 hours at 1 kHz and 8 bits, without blocks on disk
        file.write(wav(np.empty(0, np.uint8), rate=1000, width=1, tag=1, claimed=7 * 3600 * 1000))
        file.truncate(file.tell() + 7 * 3600 * 1000)
    return made


def no_files(folder, paths):
    os.mkfifo(paths["pipe"])
    here = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(folder)  # paths of sockets are short
    here.bind(paths["socket"].name)
    os.chdir(before)
    here.close()
    paths["folder"].mkdir()
    paths["endless device"].symlink_to("/dev/zero")
    paths["own memory"].symlink_to("/proc/self/mem")
    paths["circle"].symlink_to(folder / "circle 2")
    (folder / "circle 2").symlink_to(paths["circle"])
    paths["way out"].symlink_to("/etc/hostname")
    with paths["huge"].open("wb") as file:
        file.truncate(3 << 30)
