"""Search: items by a text, a picture or a sound, whatever of the three they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tastemaker.actions.ask import Rows
from tastemaker.actions.config import load_config
from tastemaker.actions.look import reading
from tastemaker.core import BadSetting, DataError, Run, TastemakerError
from tastemaker.core.threads import limit_threads
from tastemaker.data import Modality

if TYPE_CHECKING:
    from tastemaker.data import Dataset
    from tastemaker.features.base import Encoder
    from tastemaker.features.joint.space import Asked, Space

ENCODER: dict[Modality, str] = {"text": "use", "image": "efficientnet", "audio": "musicnn"}


@dataclass(frozen=True)
class SearchRequest:
    """Where is searched, and for what: a text, a picture or a sound.

    Attributes:
        folder: The data folder.
        text: In any language of the text encoder.
        image: A picture file.
        audio: A sound file.
        k: How many items.
        model: Folder or id of a model that reads texts and pictures, or texts and sound, into one space, such as
            CLIP; None takes what comes with the project.
        config: Settings over the folder's ``tastemaker.toml``.
        run: Progress, threads.
    """

    folder: Path
    text: str | None = None
    image: Path | None = None
    audio: Path | None = None
    k: int = 10
    model: str | None = None
    config: Path | None = None
    run: Run = field(default_factory=Run)

    @property
    def asked(self) -> tuple[Modality, str | Path]:
        """The source that is asked in, and the text or file; raises `BadSetting` unless it is one."""
        given = [(name, value) for name in ENCODER if (value := getattr(self, name)) is not None]
        if len(given) != 1 or not str(given[0][1]).strip():
            raise BadSetting("Search for one thing: --text WORDS, --image FILE or --audio FILE.")
        return given[0]


def search(request: SearchRequest) -> Rows:
    """The `k` items most like what is asked for, with what speaks most for each.

    Raises:
        DataError: the items have no content that can be searched.
        TastemakerError: the file cannot be opened, or the model cannot be used.
    """
    from tastemaker.features.joint.space import together

    source, what = request.asked
    if request.k < 1:
        raise BadSetting(f"At least 1 item must be asked for; got k = {request.k}.")
    with limit_threads(request.run.threads):
        data = reading(request.folder, load_config(request.folder, request.config), request.run).data
        encoders = encoders_of(data, source, request.model, request.run)
        asked = _encoded(source, what, encoders)
        space = space_of(data, encoders, request.run, joint=request.model is not None)
        scores, why = together(space.scores(asked))
    order = np.argsort(np.where(np.isfinite(scores), -scores, np.inf), kind="stable")[: request.k]
    order = order[np.isfinite(scores[order])]
    ids = [data.items.ids[row] for row in order]
    titles = {data.items.ids[row]: data.title(int(row)) for row in order}
    return Rows(
        {"item_id": ids, "score": scores[order].astype(float).tolist(), "by": [why[r] for r in order]}, titles=titles
    )


def encoders_of(data: Dataset, asked: Modality, model: str | None, run: Run) -> dict[str, Encoder]:
    """An encoder for each source that the items have, and for what is asked in."""
    from tastemaker.features.catalog import ENCODERS

    out: dict[str, Encoder] = {}
    for source in ENCODER:
        if not _has(data, source) and source != asked:
            continue
        spec = ENCODER[source] if model is None else {"name": "hf", "model": model, "source": source, "label": source}
        encoder = ENCODERS.build(spec)
        try:
            encoder.fingerprint()
            getattr(encoder, "dim", None)  # a model that cannot read the source says so when it is asked to
        except TastemakerError as error:
            if source == asked:
                raise
            run.say(f"note: {source} is not searched: {str(error).splitlines()[0]}")
        else:
            out[source] = encoder
    if not any(_has(data, source) for source in out):
        raise DataError("The items have no content that can be searched. Check the columns with `tastemaker read`.")
    return out


def space_of(data: Dataset, encoders: Mapping[str, Encoder], run: Run, *, joint: bool = False) -> Space:
    """All items in one space; what was encoded before is not encoded again."""
    from tastemaker.features.base import Recognises
    from tastemaker.features.cache import FeatureCache
    from tastemaker.features.catalog import ENCODERS
    from tastemaker.features.extract import extract
    from tastemaker.features.joint.conse import Names
    from tastemaker.features.joint.space import Space

    used = {source: encoder for source, encoder in encoders.items() if _has(data, source)}
    cache = FeatureCache(say=run.say)
    found = extract(data, list(used.values()), cache=cache, run=run).features
    own = {source: found[encoder.name] for source, encoder in used.items()}
    if joint:
        return Space.learn(own, joint=True)
    known = {source: encoder for source, encoder in encoders.items() if isinstance(encoder, Recognises)}
    texts = encoders.get("text") or ENCODERS.build(ENCODER["text"])
    names = {source: Names.of(encoder.classes, texts, cache, run) for source, encoder in known.items()}
    chances = {source: known[source].chances(own[source].vectors) for source in names if source in own}
    return Space.learn(own, names, chances)


def _has(data: Dataset, source: str) -> bool:
    return any(any(content) for name, content in data.content.items() if name == source)


def _encoded(source: Modality, what: str | Path, encoders: Mapping[str, Any]) -> Asked:
    from tastemaker.features.base import Recognises
    from tastemaker.features.joint.space import Asked
    from tastemaker.features.media import Decoder, Job, require

    encoder = encoders[source]
    entry: Any = what
    if source != "text":
        require(source)
        size = encoder.side if source == "image" else encoder.rate
        with Decoder(workers=1) as decoder:
            (entry,) = decoder.decode([Job(Path(what), source, size)])
        if isinstance(entry, str):
            raise DataError(f"{what} cannot be opened: {entry}.")
    vector = encoder.encode([entry])
    chances = encoder.chances(vector)[0] if isinstance(encoder, Recognises) else None
    return Asked(source, vector[0], chances)
