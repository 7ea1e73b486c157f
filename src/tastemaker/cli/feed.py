"""The command that reads files and data bases into a store."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import Commands, command, run_of, show


def add(commands: Commands) -> None:
    """Add this group's commands."""
    made = command(
        commands,
        "import",
        "items, users or events of files and data bases into a service's store, each event once",
        "  tastemaker import events.jsonl --home shop.service\n"
        "  tastemaker import 'log/*.csv.gz' --store postgresql://shop@db/shop --follow\n"
        "  tastemaker import s3://bucket/items.parquet --as items --home shop.service\n"
        "  tastemaker import 'postgresql://me@db/shop?query=SELECT user_id, item_id, kind, at AS time, id "
        "FROM log&cursor=id' \\\n    --home shop.service",
        _import,
    )
    made.add_argument("source", metavar="SOURCE", help="file, pattern, s3://... or postgresql://...?query=...")
    made.add_argument("--store", metavar="URL", help="sqlite:///... or postgresql://... (default: SQLite in --home)")
    made.add_argument("--home", type=Path, metavar="DIR", help="the folder of a service")
    made.add_argument("--tenant", default="default", help="whose it becomes (default: default)")
    made.add_argument("--as", dest="kind", choices=["items", "users", "events"], help="default: by the columns")
    made.add_argument("--follow", action="store_true", help="keep looking for new lines, rows and files")
    made.add_argument("--every", type=float, default=2.0, metavar="S", help="seconds between two looks (default 2)")
    made.add_argument("--refused", type=Path, metavar="FILE", help="a line of JSON for every row that is not taken")


def _import(args: argparse.Namespace) -> None:
    from tastemaker.actions.feeds.load import ImportRequest, import_rows
    from tastemaker.core import DataError

    report = import_rows(
        ImportRequest(
            source=args.source,
            store=args.store,
            home=args.home,
            tenant=args.tenant,
            kind=args.kind,
            follow=args.follow,
            every=args.every,
            refused=args.refused,
            run=run_of(args),
        )
    )
    show(args, report)
    if report.refused:
        raise DataError(f"{report.refused:,} of {report.rows:,} rows were not taken; the others are stored.")
