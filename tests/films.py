"""Short video clips, made by PyAV: any frames, with or without sound."""

import numpy as np

from drawn import RATE, beat, checks, disc, tone

FPS = 12


def film(path, frames, sound=None, codec="mpeg4", **how):
    """Write frames (uint8 RGB, of even sides) and a mono sound (float32 at 16 kHz) into a file."""
    import av

    with av.open(str(path), "w", **how) as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 800_000
        track = None if sound is None else container.add_stream("aac", rate=RATE, layout="mono")
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
        if track is not None:
            heard = av.AudioFrame.from_ndarray(np.asarray(sound, np.float32)[None], format="fltp", layout="mono")
            heard.sample_rate = RATE
            container.mux(track.encode(heard))
            container.mux(track.encode())
    return path


def scenes(kinds, rng, seconds=2.0):
    """Clips of scenes, one after the other: 0 a disc, 1 a chessboard, in colours that say nothing."""
    each = round(seconds * FPS / len(kinds))
    frames = []
    for kind in kinds:
        still = disc(96, rng.uniform(-0.1, 0.1)) if kind == 0 else checks(96, 96, int(rng.integers(8, 20)))
        still = (still * rng.uniform(0.6, 1.0, 3)).astype(np.uint8)
        frames += [still] * each
    return frames


def order_world(folder, n, seed=0):
    """Which of two scenes comes first tells the class; both have the same scenes for the same time."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    return [film(folder / f"{i}.mp4", scenes((c, 1 - c), rng)) for i, c in enumerate(classes)], classes


def sound_world(folder, n, seed=0):
    """A plucked tone or a noise beat tells the class; the pictures do not."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    paths = []
    for i, c in enumerate(classes):
        sound = beat(rng, 2) if c else tone(float(rng.uniform(100, 800)), 2.0)
        paths.append(film(folder / f"{i}.mp4", scenes(rng.permutation(2), rng), sound))
    return paths, classes


def motion_world(folder, n, seed=0):
    """How a shape moves tells the class (to and fro, up and down, round, growing); its looks and speed do not."""
    from tastemaker.data.worlds.clips import film_clip

    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 4
    for i, c in enumerate(classes):
        film_clip(folder / f"{i}.mp4", int(c), rng)
    return [folder / f"{i}.mp4" for i in range(n)], classes


WORLDS = {"motion": motion_world, "order": order_world, "sound": sound_world}
