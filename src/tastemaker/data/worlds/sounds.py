"""Synthesised sound: the hidden class is how it sounds; key, tempo and melody vary within it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra

RATE = 16_000  # samples a second
MAJOR, MINOR = (0, 2, 4, 7, 9, 12), (0, 3, 5, 7, 10, 12)
Sound = NDArray[np.float64]  # mono, (samples,)


def play_sound(path: Path, kind: int, seconds: float, rng: np.random.Generator) -> None:
    """Play one sound into a FLAC file, mono, 16 kHz.

    Args:
        path: Where to, in an existing folder.
        kind: Hidden class, 0..7.
        seconds: Length.
        rng: Draws what varies within the class.

    Raises:
        MissingExtra: soundfile is not installed.
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtra("soundfile", "audio") from error
    sound = _KINDS[kind](int(seconds * RATE), rng)
    sound = sound + rng.normal(scale=0.003 * max(1e-9, float(np.abs(sound).max())), size=len(sound))
    loud = rng.uniform(0.4, 0.9) / max(1e-9, float(np.abs(sound).max()))
    soundfile.write(path, (loud * sound).astype(np.float32), RATE, format="FLAC", subtype="PCM_16")


def _hertz(note: float) -> float:
    """Frequency of a MIDI note number."""
    return float(440 * 2 ** ((note - 69) / 12))


def _melody(rng: np.random.Generator, low: int, count: int) -> list[float]:
    """Frequencies of a walk over a scale."""
    scale = MAJOR if rng.random() < 0.5 else MINOR
    steps = np.clip(np.cumsum(rng.integers(-2, 3, count)) + 2, 0, len(scale) - 1)
    key = low + int(rng.integers(12))
    return [_hertz(key + scale[s]) for s in steps]


def _placed(samples: int, starts: list[int], sounds: list[Sound]) -> Sound:
    out = np.zeros(samples)
    for start, sound in zip(starts, sounds, strict=True):
        part = sound[: max(0, samples - start)]
        out[start : start + len(part)] += part
    return out


def _beats(samples: int, per_second: float) -> list[int]:
    return list(range(0, samples, int(RATE / per_second)))


def _time(samples: int) -> Sound:
    return np.arange(samples) / RATE


def _low_pass(sound: Sound, cut: float) -> Sound:
    """Spectrum with a gentle slope above `cut` Hz."""
    freq = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) / (1 + (freq / cut) ** 4), n=len(sound)))


def _pluck(freq: float, seconds: float, rng: np.random.Generator) -> Sound:
    """Karplus-Strong: a burst of noise in a loop that smooths it (Karplus & Strong 1983)."""
    loop = rng.uniform(-1, 1, max(2, int(RATE / freq)))
    rounds = []
    for _ in range(int(seconds * RATE / len(loop)) + 1):
        rounds.append(loop)
        loop = 0.498 * (loop + np.roll(loop, 1))
    return np.concatenate(rounds)


def _guitar(samples: int, rng: np.random.Generator) -> Sound:
    starts = _beats(samples, rng.uniform(3, 6))
    return _placed(samples, starts, [_pluck(f, 1.2, rng) for f in _melody(rng, 48, len(starts))])


def _drums(samples: int, rng: np.random.Generator) -> Sound:
    starts = _beats(samples, rng.uniform(4, 7))
    t = _time(int(0.25 * RATE))
    kick = np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-30 * t)))) * np.exp(-14 * t)
    snare = 0.7 * rng.normal(size=len(t)) * np.exp(-22 * t)
    hat = 0.25 * np.diff(rng.normal(size=len(t) + 1)) * np.exp(-60 * t)
    pattern = [kick, hat, snare, hat] if rng.random() < 0.6 else [kick, hat, hat, snare, kick, hat, snare, hat]
    return _placed(samples, starts, [pattern[n % len(pattern)] for n in range(len(starts))])


def _pad(samples: int, rng: np.random.Generator) -> Sound:
    """Chords of slightly detuned saw waves, softened."""
    root = 45 + int(rng.integers(12))
    third = 4 if rng.random() < 0.5 else 3
    t = _time(samples)
    notes = [_hertz(root + n + d) for n in (0, third, 7, 12) for d in (-0.08, 0.08)]
    saws = sum((2 * ((f * t + rng.random()) % 1) - 1 for f in notes), np.zeros(samples))
    swell = 0.7 + 0.3 * np.sin(2 * np.pi * (rng.uniform(0.2, 0.6) * t + rng.random()))
    return _low_pass(saws, rng.uniform(700, 1400)) * swell


def _flute(samples: int, rng: np.random.Generator) -> Sound:
    """Nearly pure tones with vibrato and breath."""
    starts = _beats(samples, rng.uniform(1.2, 2.5))
    length = int(1.1 * (starts[1] if len(starts) > 1 else samples))
    t = _time(length)
    shape = np.minimum(1, np.minimum(t / 0.06, np.maximum(0, (t[-1] - t) / 0.1)))
    breath = 0.04 * _low_pass(rng.normal(size=length), 3000)
    wobble = 0.006 * np.sin(2 * np.pi * 5.5 * t) / (2 * np.pi * 5.5)
    notes = [
        shape * (np.sin(2 * np.pi * f * (t + wobble)) + 0.15 * np.sin(4 * np.pi * f * (t + wobble)) + breath)
        for f in _melody(rng, 72, len(starts))
    ]
    return _placed(samples, starts, notes)


def _waves(samples: int, rng: np.random.Generator) -> Sound:
    """Wind and surf: noise that comes and goes."""
    t = _time(samples)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * (rng.uniform(0.15, 0.5) * t + rng.random()))
    return _low_pass(rng.normal(size=samples), rng.uniform(400, 1500)) * swell


def _bells(samples: int, rng: np.random.Generator) -> Sound:
    """Inharmonic partials that ring out."""
    starts = _beats(samples, rng.uniform(1.5, 3))
    t = _time(int(2 * RATE))
    partials = ((0.5, 0.6, 1.2), (1, 1, 1.8), (1.19, 0.6, 2.2), (2.0, 0.5, 3), (2.74, 0.4, 4), (4.07, 0.25, 6))
    notes = [
        sum((a * np.sin(2 * np.pi * r * f * t) * np.exp(-d * t) for r, a, d in partials), np.zeros(len(t)))
        for f in _melody(rng, 67, len(starts))
    ]
    return _placed(samples, starts, notes)


def _chip(samples: int, rng: np.random.Generator) -> Sound:
    """Fast square waves, as of early video games."""
    starts = _beats(samples, rng.uniform(8, 13))
    t = _time(starts[1] if len(starts) > 1 else samples)
    duty = rng.choice([0.125, 0.25, 0.5])
    notes = [np.where((f * t) % 1 < duty, 1.0, -1.0) * np.exp(-4 * t) for f in _melody(rng, 64, len(starts))]
    return _placed(samples, starts, notes)


def _bass(samples: int, rng: np.random.Generator) -> Sound:
    """A distorted low riff over a steady kick."""
    starts = _beats(samples, rng.uniform(3, 5))
    t = _time(int(0.3 * RATE))
    notes = [
        np.tanh(4 * sum((np.sin(2 * np.pi * f * n * t) / n for n in range(1, 7)), np.zeros(len(t)))) * np.exp(-5 * t)
        for f in _melody(rng, 31, len(starts))
    ]
    kick = np.sin(2 * np.pi * (45 * t + 4 * (1 - np.exp(-25 * t)))) * np.exp(-10 * t)
    return _placed(samples, starts, notes) + 0.8 * _placed(samples, starts[::2], [kick] * len(starts[::2]))


_KINDS = (_guitar, _drums, _pad, _flute, _waves, _bells, _chip, _bass)
