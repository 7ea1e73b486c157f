"""A whole folder of hostile media: each is decoded or reported with a reason, in bounded time and memory."""

import csv
import resource
import time
from dataclasses import replace

import pytest

from hostile import GOOD, write_hostile
from shop import call, call_json
from tastemaker.features.media import Decoder, Job
from tastemaker.features.media_file import LIMITS

WALL = 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile") / "shop"


@pytest.fixture(scope="module")
def made(folder):
    return write_hostile(folder)


@pytest.fixture(scope="module")
def answers(folder, made):
    """What the decoder says of every file, the seconds and the growth of this process in bytes."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Decoder(2, replace(LIMITS, wall=WALL)) as decoder:
        jobs = [Job(path, kind, 256 if kind == "image" else 16_000, folder) for path, kind in made.values()]
        found = dict(zip(made, decoder.decode(jobs), strict=True))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return found, time.monotonic() - start, grown * 1024


def test_there_are_more_than_60_and_all_are_answered(made, answers):
    assert len(made) > 60
    assert answers[0].keys() == made.keys()


def test_what_can_be_taken_is_taken(answers):
    taken = {name for name, found in answers[0].items() if not isinstance(found, str)}
    assert taken >= GOOD


def test_whatever_is_taken_is_small(answers):
    for name, found in answers[0].items():
        if not isinstance(found, str):
            assert found.nbytes < 5_000_000, name


def test_whatever_is_refused_has_a_reason(answers):
    reasons = {name: found for name, found in answers[0].items() if isinstance(found, str)}
    assert len(reasons) > 40
    for name, reason in reasons.items():
        assert reason.startswith(("it ", "its ", "there is no", "decoding it took")), (name, reason)
        assert len(reason) < 300
        assert "root:" not in reason  # nothing of another file


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("jpeg of endless scans", "took longer"),
        ("50 megapixels and a row", "more than 50 million"),
        ("gif with a huge screen", "more than 50 million"),
        ("jpeg head of 4 gigapixels", "more than 50 million"),
        ("ppm of 10 gigapixels", "more than 50 million"),
        ("flac of 1000 hours in its head", "hours"),
        ("long sound", "lasts 7.0 hours"),
        ("postscript that runs a program", "no picture of a known kind"),
        ("svg with an outside entity", "no picture of a known kind"),
        ("zip in zip in zip", "no picture of a known kind"),
        ("pipe", "pipe, socket or device"),
        ("endless device", "it leads out of the data folder"),
        ("own memory", "it leads out of the data folder"),
        ("way out", "it leads out of the data folder"),
        ("circle", "it"),
        ("huge", "more than the 210 MB allowed"),
        ("nothing", "it is empty"),
    ],
)
def test_reasons_say_what_is_wrong(answers, name, reason):
    assert reason in answers[0][name]


def test_time_and_memory_are_bounded(answers):
    _, seconds, grown = answers
    assert seconds < 60
    assert grown < 200 << 20


def test_nothing_was_run_or_left_behind(folder, answers):
    assert not list(folder.rglob("hacked"))
    assert not list(folder.parent.rglob("hacked"))


@pytest.mark.weights
def test_reading_encoding_and_exploring_pass(capsys, folder, made, answers, tmp_path):
    slow = {"jpeg of endless scans"}  # would take its 30 seconds, three times
    names = [name for name in made if name not in slow]
    with (folder / "items.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["item_id", "title", "image", "audio"])
        for name in names:
            path, kind = made[name]
            out.writerow([name, name, *([path.name, ""] if kind == "image" else ["", path.name])])
        out.writerow(["up", "another folder", "../shop.jpg", ""])
    with (folder / "interactions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["user_id", "item_id"], *(["u", name] for name in names)])
    code, _, err = call(capsys, "read", folder, "--quiet")
    assert code == 0, err
    start = time.monotonic()
    found = call_json(capsys, "explore", folder, "--out", tmp_path / "x.html")
    assert time.monotonic() - start < 120
    refused = {name for name in names if isinstance(answers[0][name], str)}
    assert found["media"]["opened"] == len(names)
    assert found["media"]["pictures"] + found["media"]["sounds"] == len(names) - len(refused)
    assert {one["item"] for one in found["media"]["broken"]} <= refused
    assert "cannot be opened" in found["advice"][0]["said"] + found["advice"][1]["said"]
