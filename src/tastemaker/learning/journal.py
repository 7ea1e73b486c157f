"""The work folder of a search: what is finished is written at once, so that the same command goes on from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.core import BadSetting, SavedError
from tastemaker.core.files import replacing, write_json
from tastemaker.core.fingerprints import of_json
from tastemaker.data import Recommendations
from tastemaker.learning.cost import Cost
from tastemaker.learning.search import Trial

FORMAT = 1
Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Journal:
    """One folder for one question: equal data, split, vectors, length of lists and first seed.

    Models, seeds, trials and budgets may grow: what is there already is not done again.
    """

    folder: Path

    @classmethod
    def open(cls, out: Path, plan: Spec) -> Journal:
        """The journal in `out`; raises `BadSetting` where it answers another question than `plan`."""
        there = out / "work" / "plan.json"
        plan = {"format": FORMAT, **plan}
        if there.is_file():
            known = _read(there)
            differ = [name for name in {**known, **plan} if known.get(name) != plan.get(name)]
            if differ:
                raise BadSetting(
                    f"{out} holds the work of another comparison; these differ: {', '.join(sorted(differ))}. "
                    "Give the arguments of then, or another --out."
                )
        else:
            write_json(there, plan)
        return cls(out / "work")

    @staticmethod
    def refuse(out: Path) -> None:
        """Refuse, before any work, a folder that holds something else; raises `BadSetting`."""
        if out.exists() and not (out.is_dir() and ((out / "work").is_dir() or not any(out.iterdir()))):
            raise BadSetting(f"{out} is there already and holds no comparison. Give another --out, or remove it.")

    def of(self, default: Spec, space: Spec) -> ModelJournal:
        """The part of one model; another default or another search space has another part."""
        mark = of_json({"default": default, "space": {name: repr(values) for name, values in space.items()}})
        return ModelJournal(self.folder / f"{default['name']}-{mark[:8]}")


@dataclass(frozen=True)
class ModelJournal:
    """Trials and lists of one model."""

    folder: Path

    def trials(self) -> list[Trial]:
        """All that are finished, in order."""
        found: list[Trial] = []
        while (path := self._trial(len(found))).is_file():
            found.append(Trial.from_json(_read(path)))
        return found

    def keep_trial(self, trial: Trial) -> None:
        """Write one trial, whole or not at all."""
        write_json(self._trial(trial.number), trial.to_json())

    def lists(self, what: str, spec: Spec) -> Kept | None:
        """Lists that a model of exactly `spec` gave, or None."""
        path = self.folder / f"{what}.json"
        if not path.is_file():
            return None
        known = _read(path)
        if known["spec"] != json.loads(json.dumps(spec)):
            return None
        with np.load(self.folder / f"{what}.npz") as found:
            recs = Recommendations(found["users"], found["items"], found["scores"])
        return Kept(recs, *(Cost(**{k: np.nan if v is None else v for k, v in known[of].items()}) for of in COSTS))

    def keep_lists(self, what: str, spec: Spec, kept: Kept) -> None:
        """Write lists and what they cost; they count as there once both files are."""
        (self.folder / f"{what}.json").unlink(missing_ok=True)
        with replacing(self.folder / f"{what}.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, users=kept.recs.users, items=kept.recs.items, scores=kept.recs.scores)
        costs = {of: {k: v if np.isfinite(v) else None for k, v in vars(getattr(kept, of)).items()} for of in COSTS}
        write_json(self.folder / f"{what}.json", {"spec": spec, **costs})

    def _trial(self, number: int) -> Path:
        return self.folder / f"trial-{number:03}.json"


COSTS = ("fit", "answer")


@dataclass(frozen=True)
class Kept:
    """Lists, and what learning and answering cost."""

    recs: Recommendations
    fit: Cost
    answer: Cost


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise SavedError(f"{path} is damaged: {error}. Remove it, and it is made anew.") from error
