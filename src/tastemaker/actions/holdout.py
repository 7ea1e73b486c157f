"""What is held out to measure by: the split, the items that may be listed, the vectors for diversity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast, get_args

import numpy as np
from numpy.typing import NDArray

from tastemaker.actions.learn import Prepared
from tastemaker.core import Run
from tastemaker.data import Dataset, ItemVectors
from tastemaker.data.held_out import Asked

if TYPE_CHECKING:
    from tastemaker.data import Split
    from tastemaker.features.base import Encoder
    from tastemaker.models import Recommender


def split_of(prepared: Prepared, run: Run) -> tuple[str, Split]:
    """How the data are cut, in words, and the parts."""
    from tastemaker.data.splits import default, parse

    how = prepared.config.split
    splitter = parse(how, run.seed) if how else default(prepared.data, run.seed)
    return how or splitter.name, next(iter(splitter.split(prepared.data)))


def candidates(how: str, known: Dataset, held: Dataset) -> NDArray[np.bool_] | None:
    """With `cold_items` the lists hold items alone that `known` never saw, bool, shape (n_items,); else None."""
    if how != "cold_items":
        return None
    allowed = np.zeros(len(known.items), bool)
    allowed[held.interactions.item] = True
    allowed[known.interactions.item] = False
    return allowed


def question_of(how: str) -> Asked | None:
    """What lists are for where data are split so; None where the split does not tell."""
    name = "random" if how == "ratings" else how.split(":")[0]
    return cast("Asked", name) if name in get_args(Asked) else None


def asking(model: Recommender, how: str) -> Recommender:
    """`model`; what chooses itself does it for the question that the split puts, where its settings name none."""
    from tastemaker.models.auto import Auto

    return model.asking(question_of(how)) if isinstance(model, Auto) else model


def decided(model: Recommender) -> Recommender:
    """A model that has learned, to be learned anew: what chose itself stays with its choice."""
    from tastemaker.models.auto import Auto

    return model.decided() if isinstance(model, Auto) else model


def other_vectors(data: Dataset, encoders: Sequence[Encoder]) -> ItemVectors | None:
    """Vectors for diversity that no model uses: words where `encoders` have none, else categories."""
    from tastemaker.features.catalog import ENCODERS
    from tastemaker.features.extract import extract

    used = {encoder.name for encoder in encoders}
    for name, there in (
        ("tfidf", any(data.content.get("text", ()))),
        ("attributes", bool(data.item_attributes)),
    ):
        if there and name not in used:
            found = extract(data, [ENCODERS.build(name)]).features[name]
            return ItemVectors(found.vectors, found.present)
    return None
