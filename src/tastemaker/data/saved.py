"""Data sets on disk, without content, comments and ready-made vectors: what a saved pipeline needs to answer.

A folder with ``data.json`` (format number, events, clock, kinds of attributes) and ``users.parquet``,
``items.parquet``, ``interactions.parquet``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.data.dataset import Dataset, Interactions, Vocabulary
from tastemaker.data.table import Column, Table

FORMAT = 1
_LOG = {
    "user": np.int32,
    "item": np.int32,
    "value": np.float32,
    "time": np.int64,
    "kind": np.uint8,
    "session": np.int32,
    "sign": np.int8,
}


def save(data: Dataset, folder: Path) -> None:
    """Write `data` into `folder`, whole or not at all; content, comments and ready-made vectors are left out."""
    from pyarrow import parquet

    with replacing_folder(folder) as new:
        for name, table in (("users", _users(data)), ("items", _items(data)), ("interactions", _log(data))):
            parquet.write_table(table, new / f"{name}.parquet", compression="zstd")
        write_json(new / "data.json", _manifest(data))


def load(folder: Path) -> Dataset:
    """The data set that `save` wrote into `folder`.

    Raises:
        SavedError: it is absent, incomplete, damaged or from another format.
    """
    import pyarrow as pa

    try:
        spec = json.loads((folder / "data.json").read_text(encoding="utf-8"))
        if (spec.get("kind"), spec.get("format")) != ("dataset", FORMAT):
            raise SavedError(
                f"{folder} holds {spec.get('kind')!r} of format {spec.get('format')}; expected 'dataset' of format "
                f"{FORMAT}. Make it anew."
            )
        data = _restore(folder, spec)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise SavedError(f"{folder} holds no saved data set that can be read ({error!r}). Make it anew.") from error
    _check(data, folder)
    return data


def _manifest(data: Dataset) -> dict[str, Any]:
    return {
        "kind": "dataset",
        "format": FORMAT,
        "name": data.name,
        "clock": data.clock,
        "explicit": data.explicit,
        "events": list(data.events),
        "split": data.split is not None,
        "titles": bool(data.titles),
        "user_attributes": {name: column.kind for name, column in data.user_attributes.items()},
        "item_attributes": {name: column.kind for name, column in data.item_attributes.items()},
    }


def _users(data: Dataset) -> Any:
    return _entities(data.users, data.user_attributes)


def _items(data: Dataset) -> Any:
    import pyarrow as pa

    table = _entities(data.items, data.item_attributes)
    return table.append_column("title", pa.array(data.titles, pa.string())) if data.titles else table


def _entities(ids: Vocabulary, attributes: Table) -> Any:
    import pyarrow as pa

    columns: dict[str, Any] = {"id": pa.array(ids.ids, pa.string())}
    for name, column in attributes.items():
        kind = pa.float64() if column.kind == "number" else pa.string()
        columns[f"attribute {name}"] = pa.array(column.values, kind, from_pandas=False)
    return pa.table(columns)


def _log(data: Dataset) -> Any:
    import pyarrow as pa

    columns: dict[str, Any] = {name: pa.array(getattr(data.interactions, name)) for name in _LOG}
    if data.split is not None:
        columns["split"] = pa.array(data.split, pa.string()).dictionary_encode()
    return pa.table(columns)


def _restore(folder: Path, spec: Mapping[str, Any]) -> Dataset:
    users, items, log = (_table(folder / f"{name}.parquet") for name in ("users", "items", "interactions"))
    return Dataset(
        Vocabulary(tuple(users["id"].to_pylist())),
        Vocabulary(tuple(items["id"].to_pylist())),
        Interactions(**{name: _numbers(log[name]).astype(kind, copy=False) for name, kind in _LOG.items()}),
        titles=tuple(items["title"].to_pylist()) if spec["titles"] else (),
        item_attributes=_attributes(items, spec["item_attributes"]),
        user_attributes=_attributes(users, spec["user_attributes"]),
        split=_objects(log["split"].to_pylist()) if spec["split"] else None,
        events=tuple(spec["events"]),
        clock=spec["clock"],
        explicit=spec["explicit"],
        name=spec["name"],
    )


def _attributes(table: Any, kinds: Mapping[str, Any]) -> Table:
    made = {}
    for name, kind in kinds.items():
        values = table[f"attribute {name}"]
        made[name] = Column(kind, _numbers(values) if kind == "number" else _objects(values.to_pylist()))
    return made


def _table(path: Path) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:  # `read_table` loads more of pyarrow
        return file.read()


def _numbers(column: Any) -> NDArray[Any]:
    """As an array; past `to_numpy`, which loads pandas: a quarter of a second of every start, and 40 MiB."""
    if column.null_count or not len(column):
        found: NDArray[Any] = column.to_numpy()
        return found
    return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks if len(chunk)])


def _objects(values: list[str]) -> NDArray[np.object_]:
    made = np.empty(len(values), object)
    made[:] = values
    return made


def _check(data: Dataset, folder: Path) -> None:
    """Numbers must point at something."""
    log = data.interactions
    limits = ((log.user, len(data.users)), (log.item, len(data.items)), (log.kind, len(data.events)))
    wrong = any(len(column) and not 0 <= int(column.min()) <= int(column.max()) < n for column, n in limits)
    if wrong or data.clock not in ("time", "positions", "none"):
        raise SavedError(f"{folder} is damaged: its interactions name users, items or events that it does not have.")
