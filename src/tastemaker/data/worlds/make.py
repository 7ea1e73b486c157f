"""A generated catalogue written as an ordinary data folder, with the truth beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, Run, generator, settings_of
from tastemaker.core.files import replacing_folder, write_json, write_text
from tastemaker.data.dataset import Vocabulary
from tastemaker.data.worlds import truth
from tastemaker.data.worlds.behaviour import Behaviour, behave, names_of_events, stars
from tastemaker.data.worlds.clips import film_clip
from tastemaker.data.worlds.dirt import Columns, soil_files, soil_rows
from tastemaker.data.worlds.pictures import draw_picture
from tastemaker.data.worlds.settings import WorldSettings
from tastemaker.data.worlds.sounds import play_sound
from tastemaker.data.worlds.tables import write_table
from tastemaker.data.worlds.tastes import GENDERS, PLACES, Tastes, imagine
from tastemaker.data.worlds.words import Writer

FORMAT = 1
Draw = Callable[[Path, int, np.random.Generator], None]  # file, item row, chance


@dataclass(frozen=True)
class WorldSummary:
    """What was made.

    Attributes:
        users: Number of users.
        items: Number of items.
        events: Rows of the interactions.
        reviews: How many of them have a review.
        pictures: Number of pictures.
        sounds: Number of sounds.
        clips: Number of video clips.
        broken: How many of those files were broken on purpose.
    """

    users: int
    items: int
    events: int
    reviews: int
    pictures: int
    sounds: int
    clips: int
    broken: int


def make_world(folder: Path, settings: WorldSettings | None = None, *, run: Run | None = None) -> WorldSummary:
    """Generate a world into `folder`, whole or not at all; a world that is there already is replaced.

    Args:
        folder: Where to; absent, empty, or holding a world that `make_world` made.
        settings: What it is like; None: the defaults.
        run: For its progress bars; the seed is that of `settings`.

    Raises:
        DataError: `folder` holds something else.
        MissingExtra: Pillow, soundfile or PyAV is not installed but the world has pictures, sound or clips.
    """
    settings, folder = settings or WorldSettings(), Path(folder).absolute()
    _refuse_strangers(folder)
    tastes = imagine(settings)
    users, items = _ids(settings, "u", settings.users), _ids(settings, "", settings.items)
    with replacing_folder(folder) as part:
        media = _media(part, settings, tastes, run or Run())
        writer = Writer(settings, tastes)
        log = _interactions(settings, behave(settings, tastes), users, items, writer)
        rows = len(log["item_id"])
        reviews = sum(map(bool, log["comment"]))
        shelves = {"item_id": list(items.ids), "title": writer.titles(), "text": writer.descriptions()}
        tables = {"interactions": log, "items": {**shelves, **media, **_facts(settings)}}
        tables["users"] = {"user_id": list(users.ids), **_profiles(settings, tastes)}
        for name, columns in tables.items():
            write_table(part, name, _in_order(columns, name), settings.table)
        broken = soil_files(sorted(part.glob("*/*")), settings.dirt, generator(settings.seed, "world broken"))
        _write_settings(part, settings)
        truth.write_truth(part, _truth(settings, tastes, users, items))
    pictures, sounds, clips = (sum(map(bool, media[source])) for source in ("image", "audio", "video"))
    return WorldSummary(settings.users, settings.items, rows, reviews, pictures, sounds, clips, broken)


def _refuse_strangers(folder: Path) -> None:
    """Only a world may be overwritten: anything else in the way is somebody's work."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / truth.NAME).is_file()):
        raise DataError(f"{folder} is there already and is no generated world. Name another folder, or empty this one.")


def _ids(settings: WorldSettings, prefix: str, n: int) -> Vocabulary:
    """Outside ids: distinct numbers in random order, which tell nothing."""
    numbers = generator(settings.seed, f"world ids {prefix}").permutation(9 * n)[:n] + n
    return Vocabulary(tuple(f"{prefix}{number}" for number in numbers))


def _media(folder: Path, settings: WorldSettings, tastes: Tastes, run: Run) -> dict[str, list[str]]:
    """Draw, play and film; for each kind of file its path an item, "" where it is missing."""
    kinds, plain = tastes.kinds, tastes.told == 0 if settings.taste == "switch" else np.zeros(settings.items, bool)

    def draw(path: Path, item: int, rng: np.random.Generator) -> None:
        draw_picture(path, int(kinds["image"][item]), settings.size, rng, plain=bool(plain[item]))

    def play(path: Path, item: int, rng: np.random.Generator) -> None:
        play_sound(path, int(kinds["audio"][item]), settings.seconds, rng)

    def film(path: Path, item: int, rng: np.random.Generator) -> None:
        film_clip(path, int(kinds["video"][item]), rng)

    plans: Mapping[str, tuple[str, str, float, Draw]] = {
        "image": ("images", "jpg", 1 - settings.image_missing, draw),
        "audio": ("audio", "flac", 1 - settings.audio_missing, play),
        "video": ("video", "mp4", settings.video, film),
    }
    return {source: _files(folder, settings, run, source, plan) for source, plan in plans.items()}


def _files(
    folder: Path, settings: WorldSettings, run: Run, source: str, plan: tuple[str, str, float, Draw]
) -> list[str]:
    place, suffix, share, draw = plan
    rng = generator(settings.seed, f"world {source} files")
    there = rng.random(settings.items) < share
    number = rng.permutation(settings.items)  # names of files tell neither the item nor its class
    names = [f"{place}/{number[item]:05d}.{suffix}" if there[item] else "" for item in range(settings.items)]
    if there.any():
        (folder / place).mkdir()
    for item in run.progress(np.flatnonzero(there).tolist(), place):
        draw(folder / names[item], item, generator(settings.seed, f"world {source} {item}"))
    return names


def _interactions(
    settings: WorldSettings, behaviour: Behaviour, users: Vocabulary, items: Vocabulary, writer: Writer
) -> Columns:
    says = np.flatnonzero(behaviour.says)
    comments = [""] * len(behaviour.user)
    for row, text in zip(says, writer.reviews(behaviour.item[says], behaviour.felt[says]), strict=True):
        comments[row] = text
    columns: Columns = {
        "user_id": [users.ids[user] for user in behaviour.user],
        "item_id": [items.ids[item] for item in behaviour.item],
        **_answers(settings, behaviour.felt),
        "timestamp": behaviour.time.tolist(),
        "comment": comments,
    }
    return soil_rows(columns, settings.dirt, generator(settings.seed, "world soil"))


def _answers(settings: WorldSettings, felt: NDArray[np.float64]) -> Columns:
    if settings.feedback == "ratings":
        return {"rating": stars(felt).tolist()}
    return {"event": names_of_events(felt).tolist()}


def _facts(settings: WorldSettings) -> Columns:
    """Attributes of the items that tell nothing of taste."""
    rng = generator(settings.seed, "world facts")
    price = np.round(np.exp(rng.normal(3, 0.6, settings.items)), 2)
    return {"price": price.tolist(), "year": rng.integers(1990, 2024, settings.items).tolist()}


def _profiles(settings: WorldSettings, tastes: Tastes) -> Columns:
    rng, who = generator(settings.seed, "world profiles"), tastes.profiles
    columns = {
        "age": who.age.tolist(),
        "gender": [GENDERS[g] for g in who.gender],
        "place": [PLACES[p] for p in who.place],
    }
    gone = rng.random((len(columns), settings.users)) < settings.profile_missing
    return {
        name: ["" if g else v for v, g in zip(values, gone[at], strict=True)]
        for at, (name, values) in enumerate(columns.items())
    }


def _in_order(columns: Columns, name: str) -> Columns:
    """Items and users by id, so that the order of rows tells nothing; interactions stay in order of time."""
    if name == "interactions":
        return columns
    order = np.argsort(columns[f"{name[:-1]}_id"], kind="stable")
    return {key: [values[row] for row in order] for key, values in columns.items()}


def _write_settings(folder: Path, settings: WorldSettings) -> None:
    split = 'split = "last"\n' if settings.taste == "order" else ""
    write_text(folder / "tastemaker.toml", f'{split}[data]\nplaces = ["place"]\n')
    write_json(folder / "world.json", {"format": FORMAT, "settings": settings_of(settings)})


def _truth(settings: WorldSettings, tastes: Tastes, users: Vocabulary, items: Vocabulary) -> truth.Truth:
    late = [tastes.preference(user, settings.drift) for user in range(settings.users)]
    text, follows = tastes.kinds["text"], tastes.follows
    first = [int(np.flatnonzero(text == kind)[0]) for kind in range(len(follows))]
    steps: list[Any] = [tastes.step(item) for item in first]
    step = np.array(steps, np.float32).reshape(len(steps), settings.items)
    return truth.Truth(users, items, np.stack(late), tastes.kinds, tastes.told, step)
