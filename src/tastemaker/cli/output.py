"""What all commands share: options, progress, and printing an answer as text or JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tastemaker.core import Run

Commands = Any  # argparse's action for subparsers has no public name
FOLDER = "the data folder, here or as s3://, gs://, az:// ..."


class Answer(Protocol):
    """What an action returns."""

    def text(self) -> str:
        """For people."""
        ...

    def to_json(self) -> Any:
        """For programs."""
        ...


def command(commands: Commands, name: str, about: str, examples: str, run: Any) -> argparse.ArgumentParser:
    """A subcommand with examples in its help, `--json` and `--quiet`."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=about[0].upper() + about[1:] + ".",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--json", action="store_true", help="print the answer as JSON")
    made.add_argument("--quiet", action="store_true", help="no progress on the terminal")
    made.set_defaults(run=run)
    return made


def run_of(args: argparse.Namespace) -> Run:
    """The run that the options ask for; progress goes to standard error."""
    from tastemaker.core.run import Run, silent

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    return Run(
        seed=getattr(args, "seed", 0),
        threads=getattr(args, "threads", 0) or 0,
        say=silent if args.quiet else say,
        bars=not args.quiet and sys.stderr.isatty(),
    )


def place(text: str) -> Path | str:
    """A path, or an address on object storage as it was given."""
    return text if "://" in text else Path(text)


def fetched(args: argparse.Namespace) -> None:
    """Put a copy in the place of a folder that is given by an address."""
    address = vars(args).get("folder")
    if isinstance(address, str):
        from tastemaker.core.errors import DataError
        from tastemaker.data.remote.cloud import PACKAGES, is_address, mirror

        if not is_address(address):
            known = ", ".join(f"{scheme}://" for scheme in PACKAGES)
            raise DataError(f"Folders cannot be read from {address.partition(':')[0]}://. Known: {known}.")
        vars(args)["folder"] = mirror(address, run_of(args))


def show(args: argparse.Namespace, answer: Answer) -> None:
    """Print an answer as the options want it."""
    if args.json:
        print(json.dumps(answer.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(answer.text())
