"""Commands that ask a saved pipeline, recommend, rate, similar; and one that asks a folder: search."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import FOLDER, Commands, command, place, run_of, show


def add(commands: Commands) -> None:
    """Add this group's commands."""
    recommend = command(
        commands,
        "recommend",
        "Top-N lists for users, or for strangers with their events",
        "  tastemaker recommend shop.tm --users ann bob -k 5\n"
        "  tastemaker recommend shop.tm --users all -k 20 --out lists.parquet\n"
        "  tastemaker recommend shop.tm --events visitors.csv --candidates in_stock.csv --exclude sold_out.csv",
        _recommend,
    )
    recommend.add_argument("pipeline", type=Path, metavar="DIR", help="a saved pipeline")
    who = recommend.add_mutually_exclusive_group(required=True)
    who.add_argument("--users", nargs="+", metavar="ID", help="`all`, ids, or one file with a column user_id")
    who.add_argument("--events", type=Path, metavar="FILE", help="histories of strangers: user_id, item_id, ...")
    recommend.add_argument("-k", type=int, default=20, help="length of the lists (default 20)")
    recommend.add_argument("--out", type=Path, help="write FILE.csv, .parquet or .jsonl instead of printing")
    recommend.add_argument("--repeat", action="store_true", help="items of the history may come again")
    recommend.add_argument("--candidates", type=Path, metavar="FILE", help="only these (column item_id)")
    recommend.add_argument("--exclude", type=Path, metavar="FILE", help="never these (column item_id)")

    rate = command(
        commands,
        "rate",
        "predicted ratings for pairs of user and item",
        "  tastemaker rate shop.tm --pairs pairs.csv --out ratings.csv",
        _rate,
    )
    rate.add_argument("pipeline", type=Path, metavar="DIR", help="a saved pipeline whose model predicts ratings")
    rate.add_argument("--pairs", type=Path, required=True, metavar="FILE", help="columns user_id, item_id")
    rate.add_argument("--out", type=Path, help="write FILE.csv, .parquet or .jsonl instead of printing")

    similar = command(
        commands,
        "similar",
        "items like an item, or users like a user",
        "  tastemaker similar shop.tm B004ZT0SSG -k 5\n  tastemaker similar shop.tm --user ann",
        _similar,
    )
    similar.add_argument("pipeline", type=Path, metavar="DIR", help="a saved pipeline")
    similar.add_argument("item", nargs="?", help="an item id")
    similar.add_argument("--user", metavar="ID", help="users like this one instead")
    similar.add_argument("-k", type=int, default=10, help="how many (default 10)")

    _add_search(commands)


def _add_search(commands: Commands) -> None:
    search = command(
        commands,
        "search",
        "items by a text, a picture or a sound, whichever of the three they have",
        '  tastemaker search shop/ --text "red running shoes"\n'
        "  tastemaker search shop/ --image photo.jpg -k 5\n"
        '  tastemaker search songs/ --text "a sad piano piece" --json',
        _search,
    )
    search.add_argument("folder", type=place, help=FOLDER)
    what = search.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", metavar="WORDS", help="English, Chinese and 14 other languages")
    what.add_argument("--image", type=Path, metavar="FILE", help="a picture")
    what.add_argument("--audio", type=Path, metavar="FILE", help="a sound")
    search.add_argument("-k", type=int, default=10, help="how many (default 10)")
    search.add_argument("--model", metavar="MODEL", help="folder or id of a model with one space, such as CLIP or CLAP")
    search.add_argument("--config", type=Path, metavar="FILE", help="settings over FOLDER/tastemaker.toml")


def _search(args: argparse.Namespace) -> None:
    from tastemaker.actions.search import SearchRequest, search

    request = SearchRequest(
        args.folder,
        text=args.text,
        image=args.image,
        audio=args.audio,
        k=args.k,
        model=args.model,
        config=args.config,
        run=run_of(args),
    )
    show(args, search(request))


def _recommend(args: argparse.Namespace) -> None:
    from tastemaker.actions.ask import RecommendRequest, recommend

    request = RecommendRequest(
        args.pipeline,
        users=args.users,
        events=args.events,
        k=args.k,
        out=args.out,
        repeat=args.repeat,
        candidates=args.candidates,
        exclude=args.exclude,
        run=run_of(args),
    )
    show(args, recommend(request))


def _rate(args: argparse.Namespace) -> None:
    from tastemaker.actions.ask import RateRequest, rate

    show(args, rate(RateRequest(args.pipeline, args.pairs, out=args.out)))


def _similar(args: argparse.Namespace) -> None:
    from tastemaker.actions.ask import SimilarRequest, similar

    show(args, similar(SimilarRequest(args.pipeline, item=args.item, user=args.user, k=args.k)))
