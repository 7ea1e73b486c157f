"""What Gorse's addresses share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query

from tastemaker.http.context import Call, caller

Reads = Annotated[Call, Depends(caller("read"))]
Writes = Annotated[Call, Depends(caller("write"))]
Admin = Annotated[Call, Depends(caller("admin"))]
Name = Annotated[str, Path(min_length=1, max_length=256)]
PageN = Annotated[int, Query(ge=1, le=10_000)]
Cursor = Annotated[str, Query(max_length=256)]


def rows(n: int) -> dict[str, int]:
    """What Gorse answers to a write."""
    return {"RowAffected": n}
