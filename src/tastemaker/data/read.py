"""Reading: from a folder, a file or a pattern to a cleaned data set and its receipt."""

from __future__ import annotations

from pathlib import Path

from tastemaker.core import DataError, Run, TastemakerError
from tastemaker.data.build import Reading, build
from tastemaker.data.receipt import Ledger
from tastemaker.data.remote.cloud import is_address, mirror
from tastemaker.data.settings import DataSettings, settings_beside
from tastemaker.data.sources.detect import tables_of

__all__ = ["Reading", "read"]


def read(source: str | Path, settings: DataSettings | None = None, *, run: Run | None = None) -> Reading:
    """Read and clean a source.

    Args:
        source: A data folder, a MovieLens, RecBole or MMRec folder, one file of interactions, or a pattern such as
            ``logs/*.parquet``; a folder or file on object storage, such as ``s3://bucket/shop``, is copied first.
        settings: How to read and clean; None takes the table ``[data]`` of ``tastemaker.toml`` in the folder (or
            beside the file), and the defaults where there is none.
        run: Says what is going on.

    Raises:
        DataError: the source is absent, damaged, of no known form, or nothing usable is left of it.
        BadSetting: the settings are not understood, or name columns that are not there.
    """
    run = run or Run()
    ledger = Ledger()
    if is_address(source):
        source = mirror(str(source), run)
    try:
        settings = settings or settings_beside(Path(source))
        tables = tables_of(source, settings, ledger)
    except (OSError, ValueError) as error:  # a name too long, a NUL byte in it, a folder that may not be listed
        if isinstance(error, TastemakerError):
            raise
        raise DataError(f"{str(source)[:200]!r} cannot be read: {error}.") from error
    run.say(f"{tables.source}: {tables.kind}, {tables.interactions.num_rows:,} rows")
    return build(tables, settings, ledger)
