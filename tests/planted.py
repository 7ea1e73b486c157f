"""A data folder in which everything that `explore` should find was planted."""

import csv
import io

import numpy as np
import soundfile
from PIL import Image

from drawn import RATE, checks, disc, tone
from shop import WORDS

TOPICS = list(WORDS)
ITEMS = 72
DAY = 86_400


def text(rng, topic):
    words = rng.choice(WORDS[topic], 24)
    return f"The {' '.join(words[:12])} and the {' '.join(words[12:])} of {rng.integers(1000)} with it"


def picture(rng, topic):
    """Checks, a disc or stripes, moved and coloured by chance."""
    if topic == "cook":
        made = checks(96, 96, int(rng.integers(6, 16))).astype(float) * rng.uniform(0.5, 1, 3)
    elif topic == "sail":
        made = disc(96, rng.uniform(-0.2, 0.2), tuple(rng.integers(100, 255, 3))).astype(float)
    else:
        wave = 127 + 120 * np.sin(np.arange(96) / rng.uniform(2, 6) + rng.uniform(0, 6))
        made = np.repeat(np.tile(wave[:, None], (1, 96))[:, :, None], 3, axis=2) * rng.uniform(0.4, 1, 3)
    return np.clip(made + rng.normal(0, 6, made.shape), 0, 255).astype(np.uint8)


def encoded(pixels, kind="PNG", **how):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **how)
    return out.getvalue()


def write_planted(folder, encoders='["tfidf", "efficientnet"]'):
    """Write it; items are i0 ... i71, of three topics in turn."""
    rng = np.random.default_rng(0)
    (folder / "media").mkdir(parents=True)
    topics = [TOPICS[i % 3] for i in range(ITEMS)]
    texts = [text(rng, topic) for topic in topics]
    pixels = [picture(rng, topic) for topic in topics]
    texts[50] = texts[5]
    texts[51] = texts[6].replace("with it", "with them")
    texts[58] = "这本书介绍了帆船和大海的故事，适合喜欢旅行的人。"
    pixels[20], pixels[21] = pixels[21], pixels[20]  # topics 2 and 0
    files = [encoded(p) for p in pixels]
    files[52] = encoded(np.asarray(Image.fromarray(pixels[7]).resize((64, 64), 3)), "JPEG", quality=80)
    files[53] = files[53][: len(files[53]) // 2]
    files[54] = encoded(np.full((96, 96, 3), 200, np.uint8))
    for i, content in enumerate(files):
        (folder / "media" / f"{i}.png").write_bytes(content)
    sounds(folder)
    items = [[f"i{i}", f"Thing {i}", texts[i], topics[i], f"media/{i}.png", sound_of(i)] for i in range(ITEMS)]
    table(folder / "items.csv", ["item_id", "title", "text", "category", "image", "audio"], items)
    table(folder / "interactions.csv", ["user_id", "item_id", "event", "timestamp"], events(rng, topics))
    (folder / "tastemaker.toml").write_text(f"encoders = {encoders}\n")
    return folder


def sound_of(i):
    return f"media/{i}.wav" if 55 <= i < 58 or i < 3 else ""


def sounds(folder):
    waves = {i: tone(440, 1.0) for i in range(3)}
    waves[55] = np.zeros(RATE, np.float32)
    waves[56] = tone(440, 1.0) * 0.005
    waves[57] = np.clip(tone(220, 1.0) * 20, -1, 1)
    for i, wave in waves.items():
        soundfile.write(folder / "media" / f"{i}.wav", wave, RATE, subtype="FLOAT")


def events(rng, topics):
    """Users like one topic; one in eight i10 and i41, too; the topic star comes up in the last third of a year."""
    rows = []
    for user in range(120):
        topic = user % 3
        mine = [i for i in range(ITEMS) if i % 3 == topic and i not in (10, 41)]
        taken = list(rng.choice(mine, 8, replace=False))
        taken += [10, 41] if user % 8 == 0 else []
        first = 0.67 if topic == 2 else 0.0
        for item in taken:
            when = rng.uniform(first, 1.0) if topic == 2 else rng.uniform(0, 1)
            rows.append([f"u{user}", f"i{item}", "like", int(1_500_000_000 + when * 365 * DAY)])
    return sorted(rows, key=lambda row: row[3])


def table(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows)
