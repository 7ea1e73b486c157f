"""Tables of a world as files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal


def write_table(folder: Path, name: str, columns: Mapping[str, list[Any]], form: Literal["csv", "parquet"]) -> None:
    """Write ``name.csv`` or ``name.parquet`` into `folder`; "" is an empty cell, in Parquet null."""
    if form == "csv":
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(columns)
            rows.writerows(zip(*columns.values(), strict=True))
        return
    import pyarrow
    import pyarrow.parquet

    empty_as_null = {key: [None if value == "" else value for value in values] for key, values in columns.items()}
    pyarrow.parquet.write_table(pyarrow.table(empty_as_null), folder / f"{name}.parquet")
