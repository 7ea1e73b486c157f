"""From a data folder to a bench: read and encoded once, split once, shared by all models and trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import Config
from tastemaker.core import Run, settings_of, spec_of

if TYPE_CHECKING:
    from tastemaker.actions.learn import Prepared
    from tastemaker.learning.bench import Bench
    from tastemaker.learning.journal import Journal


@dataclass(frozen=True)
class Benched:
    """A bench with its journal and what is said of the data.

    Attributes:
        bench: For `tune` and `compare`.
        journal: The work that is done already.
        specs: Settings of the model that the configuration names, and what lists are for of the one that chooses.
        title: Name of the data.
        facts: Counts and the split, by label.
    """

    bench: Bench
    journal: Journal
    specs: Mapping[str, Any]
    title: str
    facts: Mapping[str, Any]


def bench_of(folder: Path, config: Config, out: Path, run: Run) -> Benched:
    """Read, encode and split; raises `BadSetting` where `out` holds the work of another question."""
    from tastemaker.actions.holdout import candidates, other_vectors, question_of, split_of
    from tastemaker.actions.learn import FitRequest, make_pipeline, prepare
    from tastemaker.learning.bench import Bench
    from tastemaker.learning.journal import Journal

    Journal.refuse(out)
    prepared = prepare(FitRequest(folder, out, run=run), config)
    how, parts = split_of(prepared, run)
    bench = Bench(
        template=make_pipeline(prepared, run),
        features=prepared.extraction.features,
        split=parts,
        candidates=partial(candidates, how),
        k=config.k,
        vectors=other_vectors(prepared.data, prepared.encoders),
        run=run,
    )
    data = prepared.data
    counts = {"users": len(data.users), "items": len(data.items), "interactions": len(data.interactions)}
    sizes = {name: len(part.interactions) for name, part in zip(("train", "validation", "test"), parts, strict=True)}
    asked = {"validation users": len(bench.choosing.users), "test users": len(bench.testing.users), "split": how}
    model = config.model if isinstance(config.model, dict) else {"name": config.model}
    specs = {"auto": {"name": "auto"}, str(model["name"]): model}
    specs["auto"] = {"asked": question_of(how), **specs["auto"]}
    title = folder.resolve().name
    journal = Journal.open(out, _plan(prepared, bench, how))
    return Benched(bench, journal, specs, title, {**counts, **sizes, **asked})


def _plan(prepared: Prepared, bench: Bench, how: str) -> dict[str, Any]:
    """All that figures depend on but the models, their tuning and the number of seeds."""
    from tastemaker.data.fingerprint import fingerprint

    return {
        "data": fingerprint(prepared.data, prepared.extraction.features),
        "split": how,
        "parts": [fingerprint(part) for part in bench.split],
        "k": bench.k,
        "seed": bench.run.seed,
        "encoders": [spec_of(encoder) for encoder in prepared.encoders],
        "whiten": settings_of(bench.template.whiten),
        "impute": settings_of(bench.template.impute),
        "comments": settings_of(bench.template.comments),
        "fusion": spec_of(bench.template.fusion),
    }
