"""``tastemaker``: the parser, and where errors end.

Exit codes: 0 done; 2 the input or the command is wrong (``error: ...``); 1 anything unforeseen; 130 stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tastemaker import __version__
from tastemaker.cli import adapt, ask, compare, feed, fetch, learn, life, look, mcp, measure, media, serve
from tastemaker.cli.output import fetched

STOPPED = """stopped; vectors, trials, lists and checkpoints are kept, and the same command goes on from there
(the training of a run or fit begins anew)"""
EPILOG = """examples:
  tastemaker demo                            MovieLens-100K and a generated world, end to end
  tastemaker read shop/                      what is in a data folder, and what cleaning changed
  tastemaker run shop/ --out shop.tm         the main job: scored, saved, with report.html
  tastemaker recommend shop.tm --users ann bob -k 5
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="tastemaker",
        description="From raw text, pictures, sound and behaviour to personalised Top-N lists.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"tastemaker {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (look, media, learn, compare, adapt, ask, serve, feed, life, mcp, measure, fetch):
        group.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = parser().parse_args(argv)
    from tastemaker.core.errors import TastemakerError

    try:
        fetched(args)
        args.run(args)
        sys.stdout.flush()
    except (TastemakerError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # the reader has seen enough: `tastemaker ... | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return _failed(error, 2)
    except MemoryError as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        return 130
    except Exception as error:
        return _unforeseen(error)
    return 0


def _failed(error: BaseException, code: int) -> int:
    print(f"error: {error or type(error).__name__}", file=sys.stderr)
    return code


def _unforeseen(error: Exception) -> int:
    if os.environ.get("TASTEMAKER_DEBUG"):
        raise error
    print(
        f"error: this should not have happened: {type(error).__name__}: {error}\n"
        "Set TASTEMAKER_DEBUG=1 to see where, and please report it.",
        file=sys.stderr,
    )
    return 1
