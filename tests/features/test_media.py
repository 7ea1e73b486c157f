import io
import os
import socket
import subprocess
import sys
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest

from hostile import noise, picture, png, sound, wav
from tastemaker.core import MissingExtra, TastemakerError
from tastemaker.features import media
from tastemaker.features.media import DIED, Decoder, Job, Worker, require
from tastemaker.features.media_audio import decode_sound
from tastemaker.features.media_file import LIMITS, Limits, Refused, hash_media, look, open_media
from tastemaker.features.media_image import decode_image
from tastemaker.features.media_worker import answer, decode

Image = pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")


WRONG = "it is no picture of a known kind"
PICTURES = {
    "zero bytes": (b"", "it is empty"),
    "one byte": (b"\xff", WRONG),
    "text": (b"this is no picture", WRONG),
    "noise": (noise(5000), WRONG),
    "html": (b"<!doctype html><title>404</title>", WRONG),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', WRONG),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", WRONG),
    "pdf": (b"%PDF-1.4\n%%EOF", WRONG),
    "sound": (sound(0.2), WRONG),
    "executable": (b"\x7fELF" + noise(200), WRONG),
    "truncated png": (picture(size=(200, 200))[:2000], "cannot be decoded"),
    "truncated jpeg": (picture(size=(400, 400), kind="JPEG")[:2500], "truncated"),
    "truncated gif": (picture(size=(99, 99), kind="GIF")[:900], "cannot be decoded"),
    "truncated webp": (picture(size=(99, 99), kind="WEBP")[:900], "it "),
    "truncated tiff": (picture(size=(99, 99), kind="TIFF")[:900], "it "),
    "jpeg head alone": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "it "),
    "png signature alone": (b"\x89PNG\r\n\x1a\n", "it "),
    "png with a bad checksum": (picture()[:40] + b"\0\0\0\0" + picture()[44:], "it "),
    "png with no pixels in it": (png(64, 64), "it "),
    "100 megapixels": (png(10_000, 10_000), "more than 50 million"),
    "4 gigapixels": (png(65_535, 65_535), "more than 50 million"),
    "width of 2 to the 31": (png(2**31 - 1, 2), "it "),
    "no width": (png(0, 10), "it "),
    "one pixel": (picture(size=(1, 1)), "only 1 x 1 pixels"),
    "a line": (picture(size=(500, 1)), "only 500 x 1 pixels"),
    "floats that are no numbers": ("nan tiff", "no pixel that is a number"),
}

SOUNDS = {
    "zero bytes": (b"", "it is empty"),
    "text": (b"this is no sound" * 20, "it "),
    "noise": (noise(5000), "it "),
    "picture": (picture(), "it "),
    "no samples": (wav(np.empty(0, np.float32)), "it has no samples"),
    "head alone": (sound()[:20], "it "),
    "ten samples": (wav(np.zeros(10, np.float32)), "it lasts only"),
    "not a number": (wav(np.full(16_000, np.nan, np.float32)), "samples that are no numbers"),
    "infinite": (wav(np.full(16_000, np.inf, np.float32)), "samples that are no numbers"),
    "one not a number": (wav(np.r_[np.zeros(16_000, np.float32), np.float32("nan")]), "samples that are no numbers"),
    "one sample a second": (wav(np.zeros(100, np.float32), rate=1), "cannot be sound"),
    "2 billion samples a second": (wav(np.zeros(100, np.float32), rate=2_000_000_000), "cannot be sound"),
    "no channels": (wav(np.zeros(100, np.float32), channels=0), "it "),
    "truncated ogg": (sound(2, kind="OGG")[:100], "it "),
    "truncated flac": (sound(2, kind="FLAC")[:60], "it "),
    "a play list": (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "it "),
}


@pytest.fixture(scope="module")
def decoder():
    with Decoder(limits=replace(LIMITS, wall=20.0)) as running:
        yield running


def nan_tiff():
    out = io.BytesIO()
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(out, "TIFF")
    return out.getvalue()


@pytest.mark.parametrize("name", PICTURES)
def test_a_broken_picture_is_refused_with_a_reason(tmp_path, decoder, name):
    content, reason = PICTURES[name]
    file = tmp_path / "file.jpg"
    file.write_bytes(nan_tiff() if content == "nan tiff" else content)
    [found] = decoder.decode([Job(file, "image", 32)])
    assert isinstance(found, str), found.shape
    assert reason in found
    with pytest.raises(Exception, match=r"."), open_media(file, None) as opened:  # the same in this process
        decode_image(opened, 32)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_broken_sound_is_refused_with_a_reason(tmp_path, decoder, name):
    content, reason = SOUNDS[name]
    file = tmp_path / "file.wav"
    file.write_bytes(content)
    [found] = decoder.decode([Job(file, "audio", 16_000)])
    assert isinstance(found, str), found.shape
    assert reason in found
    with pytest.raises(Exception, match=r"."), open_media(file, None) as opened:
        decode_sound(opened, 16_000)


def make_pipe(folder):
    os.mkfifo(folder / "x")


def make_socket(folder):
    here = socket.socket(socket.AF_UNIX)
    os.chdir(folder)  # paths of sockets are short
    here.bind("x")
    here.close()


PLACES = {
    "nothing there": (lambda f: None, "there is no such file"),
    "folder": (lambda f: (f / "x").mkdir(), "it is a folder"),
    "pipe": (make_pipe, "pipe, socket or device"),
    "socket": (make_socket, "pipe, socket or device"),
    "link to an endless device": (lambda f: (f / "x").symlink_to("/dev/zero"), "device"),
    "link to a terminal": (lambda f: (f / "x").symlink_to("/dev/tty"), "it "),
    "link to nothing": (lambda f: (f / "x").symlink_to("gone"), "there is no such file"),
    "link to itself": (lambda f: (f / "x").symlink_to("x"), "it"),
    "link to a system file of no size": (lambda f: (f / "x").symlink_to("/proc/kmsg"), "it "),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_no_file_is_refused_without_waiting(tmp_path, monkeypatch, decoder, name):
    monkeypatch.chdir(tmp_path)
    make, reason = PLACES[name]
    make(tmp_path)
    start = time.monotonic()
    with pytest.raises(Refused, match=reason):
        look(tmp_path / "x", None)
    with pytest.raises(Refused, match=reason):
        open_media(tmp_path / "x", None)
    with pytest.raises(Refused, match=reason):
        hash_media(tmp_path / "x", None)
    [found] = decoder.decode([Job(tmp_path / "x", "image", 32)])
    assert reason in found
    assert time.monotonic() - start < 10


def test_a_file_that_turns_into_a_pipe_does_not_hang(tmp_path, monkeypatch):
    from tastemaker.features import media_file

    os.mkfifo(tmp_path / "x")
    monkeypatch.setattr(media_file, "_look", lambda path, *_: (path, None))
    with pytest.raises(Refused, match="pipe"):
        open_media(tmp_path / "x", None)


def test_links_may_not_leave_the_data_folder(tmp_path, decoder):
    (tmp_path / "outside.png").write_bytes(picture())
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "inner.png").write_bytes(picture())
    (root / "leaves.png").symlink_to(tmp_path / "outside.png")
    (root / "stays.png").symlink_to("inner.png")
    (root / "up").symlink_to(tmp_path)
    paths = ("leaves.png", "stays.png", "up/outside.png", "sub/../../outside.png")
    found = decoder.decode(Job(root / path, "image", 32, root) for path in paths)
    answers = dict(zip("lsud", found, strict=True))
    assert answers["l"] == answers["u"] == answers["d"] == "it leads out of the data folder"
    assert answers["s"].shape == (30, 40, 3)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "x.png").write_bytes(picture())

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Refused, match="permission denied"):
        open_media(tmp_path / "x.png", None)


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    for name in ("a" * 5000, "nul\0"):
        with pytest.raises(Refused):
            look(tmp_path / name, None)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "large.wav").open("wb") as file:
        file.truncate(LIMITS.bytes + 1)  # no blocks on disk
    with pytest.raises(Refused, match="more than the 210 MB"):
        look(tmp_path / "large.wav", None)


def decoded(content, side=32, **limits):
    return decode_image(io.BytesIO(content), side, Limits(**limits))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_usual_kinds_of_pictures_become_small_rgb(kind):
    found = decoded(picture(size=(120, 90), kind=kind))
    assert found.shape == (32, 43, 3)
    assert found.dtype == np.uint8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(mode):
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG", "LAB": "TIFF", "F": "TIFF", "I": "TIFF"}.get(mode, "PNG")
    found = decoded(picture(size=(64, 48), mode="RGB" if mode == "I;16" else mode, kind=kind))
    assert found.shape == (32, 43, 3)
    assert found.std() > 5


def test_grey_of_16_bits_is_scaled_to_8():
    out = io.BytesIO()
    Image.fromarray(np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))).save(out, "PNG")
    found = decoded(out.getvalue(), side=64)
    np.testing.assert_allclose(found[10, :, 0], np.linspace(0, 255, 64), atol=1)


def test_clear_pixels_are_white():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert (decoded(out.getvalue()) == 255).all()


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert decoded(out.getvalue())[5, 5].tolist() == [254, 0, 0] or decoded(out.getvalue())[5, 5, 0] > 250


def test_a_picture_is_turned_as_the_camera_noted():
    image = Image.fromarray(np.vstack([np.zeros((10, 40, 3), np.uint8), np.full((10, 40, 3), 255, np.uint8)]))
    notes = Image.Exif()
    notes[274] = 6
    out = io.BytesIO()
    image.save(out, "PNG", exif=notes)
    found = decoded(out.getvalue())
    assert found.shape == (40, 20, 3)
    assert found[20, 2, 0] > 250
    assert found[20, 17, 0] < 5


def test_damaged_notes_do_not_hurt():
    content = picture(kind="JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + noise(40))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert decoded(content).shape == (30, 40, 3)


def test_a_small_picture_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    np.testing.assert_array_equal(decoded(out.getvalue()), image)


def test_a_strip_keeps_its_middle():
    found = decoded(picture(size=(4000, 40)))
    assert found.shape == (32, 128, 3)


def test_large_jpegs_are_decoded_small_and_alike():
    smooth = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)).resize((1600, 1200), 3)
    exact = np.asarray(smooth.resize((128, 96), 3), float)
    out = io.BytesIO()
    smooth.save(out, "JPEG", quality=95)
    found = decoded(out.getvalue(), side=96)
    assert found.shape == (96, 128, 3)
    assert np.abs(found - exact).mean() < 3


def test_floats_are_stretched_and_holes_are_dark():
    values = np.linspace(-3, 7, 64, dtype=np.float32).reshape(8, 8)
    values[0, 0] = np.nan
    out = io.BytesIO()
    Image.fromarray(values).save(out, "TIFF")
    found = decoded(out.getvalue())
    assert found[0, 0, 0] == 0
    assert found[-1, -1, 0] == 255


def heard(content, rate=16_000, **limits):
    return decode_sound(io.BytesIO(content), rate, Limits(**limits))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
@pytest.mark.parametrize("channels", [1, 2])
def test_usual_kinds_of_sound_become_mono_at_the_rate(kind, channels):
    found = heard(sound(2.0, 44_100, channels, kind))
    assert found.dtype == np.float32
    assert abs(len(found) - 32_000) < 1_500  # some kinds pad
    middle = found[8_000:24_000]
    loudest = np.fft.rfftfreq(16_000, 1 / 16_000)[np.abs(np.fft.rfft(middle)).argmax()]
    assert abs(loudest - 440) <= 1


def test_eight_channels_are_averaged():
    np.testing.assert_allclose(heard(sound(1, channels=8)), heard(sound(1)), atol=1e-4)


def test_of_a_long_sound_the_middle_of_its_first_minutes_is_kept():
    ramp = np.repeat(np.linspace(0, 1, 100), 1_000)  # 100 s at 1 kHz
    out = io.BytesIO()
    soundfile.write(out, ramp, 1_000, format="WAV", subtype="FLOAT")
    found = heard(out.getvalue(), 1_000, read=80.0, kept=10.0)
    assert len(found) == 10_000
    np.testing.assert_allclose([found[0], found[-1]], [35 / 99, 44 / 99], atol=0.02)


def test_a_sound_of_many_hours_is_refused():
    with pytest.raises(Refused, match="hours"):
        heard(sound(60, 1_000), longest=30.0)


def test_more_than_full_scale_is_brought_down():
    assert np.abs(heard(wav(np.sin(np.arange(16_000), dtype=np.float32) * 1e30))).max() <= 1.01


def test_what_libsndfile_cannot_read_is_read_by_pyav(tmp_path, decoder):
    av = pytest.importorskip("av")
    file = tmp_path / "x.m4a"
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100, layout="stereo")
        wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(88_200) / 44_100).astype(np.float32)
        for start in range(0, 88_200 - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(np.tile(wave[start : start + 1024], (2, 1)), "fltp", "stereo")
            frame.sample_rate, frame.pts = 44_100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    [found] = decoder.decode([Job(file, "audio", 16_000)])
    assert abs(len(found) - 32_000) < 1_500
    np.testing.assert_array_equal(found, heard(file.read_bytes()))
    with pytest.raises(Refused, match="hours"):
        heard(file.read_bytes(), longest=1.0)


def test_without_pyav_the_reason_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(Refused, match="pip install av"):
        heard(b"no sound" * 30)


def test_results_do_not_depend_on_the_number_of_workers(tmp_path):
    jobs = []
    for n in range(20):
        (tmp_path / f"{n}.jpg").write_bytes(picture((50 + 7 * n, 40), kind="JPEG", seed=n) if n % 5 else b"broken")
        jobs.append(Job(tmp_path / f"{n}.jpg", "image", 32))
    found = []
    for workers in (1, 3):
        with Decoder(workers) as several:
            found.append(list(several.decode(jobs)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


SLOW = """
import json, sys, time
print(json.dumps({{"ready": True}}), flush=True)
for line in sys.stdin:
    name = json.loads(line)["path"]
    if "slow" in name: time.sleep(60)
    if "dies" in name: sys.exit(3)
    if "short" in name: print('{{"parts": [{{"dtype": "uint8", "shape": [9], "bytes": 9}}]}}', flush=True); sys.exit(3)
    if "noise" in name: print("?", flush=True)
    print(json.dumps({{"error": "read " + name}}), flush=True)
"""


def test_a_worker_that_overruns_or_dies_is_replaced(monkeypatch):
    real = subprocess.Popen
    monkeypatch.setattr(
        media.subprocess, "Popen", lambda args, **how: real([sys.executable, "-c", SLOW.format()], **how)
    )
    names = ["a", "slow", "b", "dies", "c", "short", "noise", "d"]
    with Decoder(2, replace(LIMITS, wall=1.0)) as several:
        found = list(several.decode(Job(media.Path(name), "image", 32) for name in names))
    late = "decoding it took longer than 1 s"
    assert found == ["read a", late, "read b", DIED, "read c", DIED, DIED, "read d"]


def test_leaving_early_ends_the_workers_at_once(monkeypatch):
    real = subprocess.Popen
    started = []

    def start(args, **how):
        started.append(real([sys.executable, "-c", SLOW.format()], **how))
        return started[-1]

    monkeypatch.setattr(media.subprocess, "Popen", start)
    begin = time.monotonic()
    with Decoder(2) as several:
        assert next(several.decode(Job(media.Path(n), "image", 32) for n in ["a", *["slow"] * 60])) == "read a"
    assert time.monotonic() - begin < 30
    assert all(process.poll() is not None for process in started)


def test_a_worker_that_cannot_start_is_an_error_not_a_broken_file(monkeypatch):
    real = subprocess.Popen
    monkeypatch.setattr(media.subprocess, "Popen", lambda args, **how: real([sys.executable, "-c", "0"], **how))
    with pytest.raises(TastemakerError, match="does not start"):
        Worker(LIMITS)


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    file = tmp_path / "large.png"
    rows = (b"\0" + b"\x7f" * 4000 * 4) * 4000  # 16 megapixels from 60 kB
    file.write_bytes(png(4000, 4000, rows, colour=6))
    (tmp_path / "small.png").write_bytes(picture())
    small = replace(LIMITS, memory=250 << 20)
    with Decoder(1, small) as one:
        large, fine = one.decode([Job(file, "image", 32), Job(tmp_path / "small.png", "image", 32)])
    assert large in ("it needs more than 250 MiB of memory", DIED)
    assert fine.shape == (30, 40, 3)


def test_a_worker_answers_as_decoding_in_this_process_does(tmp_path, decoder):
    file = tmp_path / "ä'\"\n.png"
    file.write_bytes(picture())
    [found] = decoder.decode([Job(file, "image", 16, tmp_path)])
    request = {"path": str(file), "root": str(tmp_path), "kind": "image", "size": 16}
    np.testing.assert_array_equal(found, decode(request, LIMITS))
    out = io.BytesIO()
    answer(request, LIMITS, out)
    assert out.getvalue().startswith(b'{"parts": [{"dtype": "uint8", "shape": [16, 21, 3], "bytes": 1008}]}\n')
    for name in ("gone.png", "broken.png"):
        (tmp_path / "broken.png").write_bytes(picture()[:100])
        out = io.BytesIO()
        answer({**request, "path": str(tmp_path / name)}, LIMITS, out)
        assert out.getvalue().startswith(b'{"error": "')


def test_modules_of_the_folder_where_it_starts_are_not_taken(tmp_path, monkeypatch):
    (tmp_path / "PIL.py").write_text("raise SystemExit('taken')")
    (tmp_path / "x.png").write_bytes(picture())
    monkeypatch.chdir(tmp_path)
    with Decoder(1) as one:
        [found] = one.decode([Job(tmp_path / "x.png", "image", 32)])
    assert found.shape == (30, 40, 3)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(media, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[image\]"):
        require("image")
    with pytest.raises(MissingExtra, match=r"tastemaker\[audio\]"):
        require("audio")
