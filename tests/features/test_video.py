"""Video clips: decoding under limits, and vectors that know motion, order and sound."""

import numpy as np
import pytest

from drawn import disc, sounds, tone
from films import FPS, film, order_world, scenes, sound_world
from made import dataset
from tastemaker.core import BadSetting, settings_of
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.features.media import Decoder, Job
from tastemaker.features.media_file import Limits
from tastemaker.features.media_video import Clip, _evenly
from tastemaker.features.video.pooling import change, over_time
from tastemaker.features.video.video import Video

pytest.importorskip("av")


class Colours:
    """Mean colours of the thirds of a picture."""

    name, source, side, dim = "colours", "image", 32, 9

    def encode(self, content):
        thirds = [np.array_split(picture, 3, axis=1) for picture in content]
        return np.array([np.concatenate([t.mean((0, 1)) for t in three]) for three in thirds], np.float32) / 255

    def fingerprint(self):
        return "colours/1"


class Bands:
    """How much of a sound lies in each of 96 bands of frequency."""

    name, source, rate, dim = "bands", "audio", 16_000, 96

    def encode(self, content):
        powers = [np.abs(np.fft.rfft(sound)) ** 2 for sound in content]
        rows = [[np.log(part.mean() + 1e-6) for part in np.array_split(power, 96)] for power in powers]
        return np.array(rows, np.float32)

    def fingerprint(self):
        return "bands/1"


def decode(path, *, frames=6, side=32, rate=16_000, root=None, limits=None):
    with Decoder(workers=1, **({"limits": limits} if limits else {})) as decoder:
        return next(iter(decoder.decode([Job(path, "video", side, root, frames, rate)])))


def grey(n, step=8):
    """Frames whose brightness tells their number."""
    return [np.full((64, 96, 3), step * i, np.uint8) for i in range(n)]


def test_frames_come_at_even_distances_and_small(tmp_path):
    clip = decode(film(tmp_path / "a.mp4", grey(24)))
    assert isinstance(clip, Clip)
    assert clip.frames.shape == (6, 32, 48, 3)
    assert clip.frames.dtype == np.uint8
    np.testing.assert_allclose(clip.frames.mean((1, 2, 3)), [8 * i for i in (2, 6, 10, 14, 18, 22)], atol=6)
    assert len(clip.sound) == 0


@pytest.mark.parametrize("n", [1, 2, 5, 24, 47, 96, 97, 1000])
def test_any_number_of_frames_gives_as_many_as_asked_in_order(n):
    found = _evenly(iter(range(n)), 6)
    assert len(found) == 6
    assert found == sorted(found)
    assert np.abs(np.array(found) - (np.arange(6) + 0.5) * n / 6).max() <= max(1, n / 12)


def test_long_clips_are_read_here_and_there(tmp_path):
    frames = [frame for frame in grey(31) for _ in range(FPS)]  # 31 s
    clip = decode(film(tmp_path / "a.mp4", frames))
    np.testing.assert_allclose(clip.frames.mean((1, 2, 3)), (np.arange(6) + 0.5) * 31 / 6 * 8, atol=14)


def test_the_sound_comes_along(tmp_path):
    clip = decode(film(tmp_path / "a.mp4", grey(24), tone(440, 2.0)))
    assert len(clip.sound) == pytest.approx(32_000, abs=2_000)
    spectrum = np.abs(np.fft.rfft(clip.sound))
    assert np.fft.rfftfreq(len(clip.sound), 1 / 16_000)[spectrum.argmax()] == pytest.approx(440, abs=5)
    assert len(decode(tmp_path / "a.mp4", rate=0).sound) == 0


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libvpx"), ("a.avi", "mpeg4"), ("a.mkv", "mpeg4")])
def test_other_containers_are_read(tmp_path, name, codec):
    clip = decode(film(tmp_path / name, grey(12), codec=codec))
    assert clip.frames.shape == (6, 32, 48, 3)


def test_what_is_no_video_is_refused(tmp_path):
    good = film(tmp_path / "a.mp4", grey(12)).read_bytes()
    import soundfile

    soundfile.write(tmp_path / "s.wav", sounds()[0], 16_000)
    cases = {
        b"": "it is empty",
        b"this is no video": "no video of a known kind",
        good[:700]: "it ",
        (tmp_path / "s.wav").read_bytes(): "it holds no video",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n": "no video of a known kind",
        b"ffconcat version 1.0\nfile a.mp4\n": "no video of a known kind",
    }
    for raw, says in cases.items():
        (tmp_path / "b.mp4").write_bytes(raw)
        found = decode(tmp_path / "b.mp4")
        assert isinstance(found, str), says
        assert says in found
    assert decode(tmp_path / "a.mp4", root=tmp_path / "d") == "it leads out of the data folder"


def test_limits_hold(tmp_path):
    path = film(tmp_path / "a.mp4", grey(24))
    assert "more than 0.001 million" in decode(path, limits=Limits(pixels=1_000))
    assert "hours, more than" in decode(path, limits=Limits(longest=1.0))
    assert "more than the" in decode(path, limits=Limits(bytes=500))
    assert "longer than 0.001 s" in decode(path, limits=Limits(wall=0.001))


def test_a_clip_without_motion_has_zeros_there():
    rows = np.ones((5, 3), np.float32)
    np.testing.assert_allclose(over_time(rows), [*[3**-0.5] * 3, *[0] * 9], atol=1e-6)
    assert not change(np.stack([disc(64)] * 4)).any()


def test_order_turns_the_first_cosine_and_nothing_else():
    rows = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    there, back = over_time(rows).reshape(4, 4), over_time(rows[::-1]).reshape(4, 4)
    np.testing.assert_allclose(there[[0, 1, 3]], back[[0, 1, 3]], atol=1e-6)
    np.testing.assert_allclose(there[2], -back[2], atol=1e-6)
    assert np.abs(there[2]).max() > 0.01


def test_change_tells_where():
    frames = np.zeros((3, 80, 80, 3), np.uint8)
    frames[1, :10, 70:] = 255
    found = change(frames).reshape(8, 8)
    assert found[0, 7] == pytest.approx(1)
    assert found.sum() == pytest.approx(1)


def test_the_vector_is_made_of_frames_map_and_sound():
    frames = np.stack([disc(32, shift) for shift in (-0.2, 0.2)])
    silent, loud = Clip(frames, np.empty(0, np.float32)), Clip(frames, np.ones(16_000, np.float32))
    encoder = Video(image=Colours(), audio="")
    assert encoder.rate == 0
    np.testing.assert_allclose(encoder.encode([silent])[0, :36], over_time(Colours().encode(list(frames))))
    assert encoder.encode([silent]).shape == (1, encoder.dim) == (1, 36 + 64)
    assert encoder.encode([]).shape == (0, encoder.dim)
    heard = Video(image=Colours(), audio=Bands())
    assert (heard.rate, heard.dim) == (16_000, 36 + 64 + 96 + 1)
    without, sounding = heard.encode([silent, loud])
    assert without[-97:].tolist() == [0] * 97
    assert np.linalg.norm(sounding[-97:-1]) == pytest.approx(1, abs=1e-5)
    assert sounding[-1] == 1
    np.testing.assert_array_equal(without[:-97], sounding[:-97])


def test_wrong_inner_encoders_are_refused():
    for how, says in (
        ({"image": "minilm"}, "which reads text"),
        ({"audio": "efficientnet"}, "which reads image"),
        ({"image": ""}, "set `image`"),
        ({"image": "efficientnt"}, "Did you mean 'efficientnet'"),
    ):
        with pytest.raises(Exception, match=says) as error:
            ENCODERS.build({"name": "video", **how})
        assert isinstance(error.value, BadSetting | LookupError)


def test_settings_rebuild_it_with_its_inner_encoders():
    one = ENCODERS.build({"name": "video", "image": {"name": "efficientnet", "batch": 2}, "audio": "", "frames": 3})
    again = ENCODERS.build({"name": "video", **settings_of(one)})
    assert settings_of(again) == settings_of(one)
    assert (again.image.batch, again.audio) == (2, None)


@pytest.fixture
def cheap():
    return Video(image=Colours(), audio=Bands(), frames=6)


@pytest.mark.parametrize("world", [order_world, sound_world])
def test_order_alone_and_sound_alone_tell_the_class(tmp_path, cheap, world):
    """Half of the clips teach, half are asked: right far more often than by chance."""
    paths, classes = world(tmp_path, 32)
    data = dataset(items=33, content={"video": [*((path,) for path in paths), ()]})
    found = extract(data, [cheap], cache=FeatureCache(tmp_path / "cache")).features["video"]
    assert found.present.tolist() == [True] * 32 + [False]
    rows = found.vectors[:32]
    rows = (rows - rows.mean(0)) / (rows.std(0) + 1e-6)
    taught, asked = np.arange(32) % 4 < 2, np.arange(32) % 4 >= 2
    centres = np.stack([rows[taught & (classes == c)].mean(0) for c in (0, 1)])
    said = np.linalg.norm(rows[asked][:, None] - centres[None], axis=2).argmin(1)
    assert (said == classes[asked]).sum() >= 14  # of 16; P(>= 14) by chance is 0.002


def test_a_second_run_decodes_nothing_and_broken_clips_are_told(tmp_path, cheap):
    rng = np.random.default_rng(0)
    good = film(tmp_path / "a.mp4", scenes((0, 1), rng))
    (tmp_path / "b.mp4").write_bytes(b"no video")
    data = dataset(items=2, content={"video": [(good,), (tmp_path / "b.mp4",)]})
    first, second = (extract(data, [cheap], cache=FeatureCache(tmp_path / "c")) for _ in range(2))
    assert first.counts["video"] == {"encoded": 1, "cached": 0, "missing": 1, "broken": 1}
    assert second.counts["video"]["cached"] == 1
    assert "no video of a known kind" in first.broken[0].reason
