"""Write docs/reference from the code, and the lists of pages in docs/index.md.

reference/cli.md comes from the parser, reference/components.md from the catalogs.

``python docs/make_reference.py`` writes; with ``--check`` it only compares, and also follows every relative
link of the documentation. ``make check`` runs the latter.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import os
import re
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
HEAD = "<!-- Written by docs/make_reference.py (make reference): change the code, not this page. -->\n"
KINDS = {
    "Encoders": ("tastemaker.features.catalog", "ENCODERS", "raw content to vectors"),
    "Fusions": ("tastemaker.fusion.catalog", "FUSIONS", "vectors of several sources to one vector an item"),
    "Recommenders": ("tastemaker.models.catalog", "RECOMMENDERS", "behaviour and item vectors to lists"),
    "Splitters": ("tastemaker.data.catalog", "SPLITTERS", "interactions to train, validation and test"),
    "Metrics": ("tastemaker.evaluation.catalog", "METRICS", "lists to one number a user"),
    "Exposure metrics": (
        "tastemaker.evaluation.catalog",
        "EXPOSURE_METRICS",
        "all lists together to one number",
    ),
    "Rating metrics": ("tastemaker.evaluation.catalog", "RATING_METRICS", "predicted ratings to one number"),
}
GUIDE = [
    "start",
    "data",
    "read",
    "reading",
    "cleaning",
    "exploring",
    "splits",
    "splitting",
    "worlds",
    "features",
    "encoders",
    "encoding",
    "searching",
    "finetuning",
    "weights",
]
GUIDE += [
    "fusion",
    "models",
    "recommenders",
    "training",
    "network",
    "evaluation",
    "comparing",
    "robustness",
    "pipeline",
    "serving",
    "commands",
]
BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "min_length": "length >=", "max_length": "length <="}


def pages() -> dict[str, str]:
    """The generated pages by their path in docs."""
    return {
        "reference/cli.md": cli_page(),
        "reference/components.md": components_page(),
        "index.md": index_page(),
    }


# --- the index ---


def index_page() -> str:
    """docs/index.md with its lists of pages brought up to date."""
    text = (DOCS / "index.md").read_text("utf-8")
    return re.sub(r"(<!-- ([\w-]+): .*?-->\n).*?(<!-- /\2 -->)", _list, text, flags=re.S)


def _list(found: re.Match[str]) -> str:
    folder = found[2]
    pages = sorted((DOCS / folder).glob("*.md"), key=_place)
    return found[1] + "".join(f"* [{_title(page)}]({folder}/{page.name})\n" for page in pages) + found[3]


def _title(page: Path) -> str:
    return next(line[2:].strip() for line in page.read_text("utf-8").splitlines() if line.startswith("# "))


def _place(page: Path) -> tuple[int, str]:
    """Guide pages in the order in which data pass, others by name."""
    return (GUIDE.index(page.stem) if page.stem in GUIDE else len(GUIDE), page.name)


# --- the command line ---


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of all commands by name."""
    found = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


def cli_page() -> str:
    """Every command's --help."""
    from tastemaker.cli.main import parser

    os.environ["COLUMNS"] = "100"  # argparse wraps to the terminal; the page must not depend on it
    top = parser()
    parts = [HEAD, "# Commands\n", _help("tastemaker", top)]
    parts += [_help(f"tastemaker {name}", sub) for name, sub in subcommands(top).items()]
    return "\n".join(parts)


def _help(title: str, parser: argparse.ArgumentParser) -> str:
    text = "\n".join(line.rstrip() for line in parser.format_help().strip().splitlines())
    return f"## {title}\n\n```text\n{text}\n```\n"


# --- components ---


def catalog(kind: str) -> Any:
    """The catalog of a section of KINDS."""
    module, name, _ = KINDS[kind]
    return getattr(__import__(module, fromlist=[name]), name)


def components_page() -> str:
    """Every component of every catalog with its settings."""
    out = [
        HEAD,
        "# Components\n",
        "Every name that a configuration, a command or `tm.encoders`, `tm.fusions`, ... understands, and the",
        "settings it takes. A setting out of its range, or one that is not listed, is refused.\n",
    ]
    for kind, (_, _, about) in KINDS.items():
        out.append(f"## {kind}: {about}\n")
        out += [_component(name, catalog(kind).get(name)) for name in catalog(kind).names()]
    return "\n".join(out)


def _component(name: str, made: type[Any]) -> str:
    lines = [f"### `{name}`\n", f"{first_line(made)} (`{made.__name__}`)\n"]
    rows = list(settings(made))
    if rows:
        lines += ["| setting | type | range | default | what |", "|---|---|---|---|---|", *rows, ""]
    else:
        lines.append("No settings.\n")
    return "\n".join(lines)


def first_line(made: type[Any]) -> str:
    """The first sentence of a docstring, which may run over several lines."""
    return " ".join((inspect.getdoc(made) or "").split("\n\n", 1)[0].split())


def settings(made: type[Any]) -> Iterator[str]:
    """A table row for each setting: name, type, range, default, what it is."""
    hints = typing.get_type_hints(made, include_extras=True)
    about = _attributes(made)
    for field in dataclasses.fields(made):
        if field.init:
            cells = (*_typed(hints[field.name]), _default(field), about.get(field.name, ""))
            yield "| " + " | ".join([f"`{field.name}`", *(c.replace("|", "\\|") for c in cells)]) + " |"


def _typed(hint: Any) -> tuple[str, str]:
    """A type for readers, and its range."""
    if typing.get_origin(hint) is typing.Annotated:
        inner, *marks = typing.get_args(hint)
        return _name(inner), ", ".join(_bounds(marks))
    return _name(hint), ""


def _bounds(marks: list[Any]) -> Iterator[str]:
    for mark in marks:
        nested = getattr(mark, "metadata", None)
        if nested:  # pydantic's Field
            yield from _bounds(list(nested))
            continue
        for attribute, sign in BOUNDS.items():
            value = getattr(mark, attribute, None)
            if value is not None and not (attribute == "min_length" and value == 0):
                yield f"{sign} {value}"


def _name(hint: Any) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(f"`{a}`" for a in args)
    if origin is typing.Annotated:
        inner, bounds = _typed(hint)
        return f"{inner} {bounds}".strip()
    if hint is type(None):
        return "none"
    if args and (origin is typing.Union or type(hint).__name__ == "UnionType"):
        return " | ".join(_name(a) for a in args)
    if args:
        return f"{_name(origin)} of {', '.join(_name(a) for a in args if a is not ...)}"
    return getattr(hint, "__name__", str(hint))


def _default(field: dataclasses.Field[Any]) -> str:
    from tastemaker.core.component import spec_of

    value: Any = field.default
    factory: Any = field.default_factory
    if type(value).__name__ == "FieldInfo":  # pydantic's Field(default=...)
        value, factory = value.default, value.default_factory or dataclasses.MISSING
    if factory is not dataclasses.MISSING:
        value = factory()
    if value is dataclasses.MISSING or type(value).__name__ == "PydanticUndefinedType":
        return "required"
    plain = spec_of(value) if dataclasses.is_dataclass(value) else value
    if isinstance(value, list | tuple) and value and all(map(dataclasses.is_dataclass, value)):
        plain = [spec_of(v)["name"] for v in value]
    return f"`{plain!r}`"


def _attributes(made: type[Any]) -> dict[str, str]:
    """What the docstring's section "Attributes" says about each setting."""
    section = re.search(r"^(?:Attributes|Args):\n((?: +.*\n?|\n)+)", (inspect.getdoc(made) or "") + "\n", re.M)
    found: dict[str, str] = {}
    last = ""
    for line in section.group(1).splitlines() if section else []:
        named = re.match(r" {4}(\w+)(?: \(.*?\))?: (.*)", line)
        if named:
            last = named.group(1)
            found[last] = named.group(2).strip()
        elif last and line.startswith(" " * 8):
            found[last] += " " + line.strip()
    return found


# --- checking ---


def documents() -> list[Path]:
    """Every page of the documentation."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def broken_links() -> Iterator[str]:
    """Relative links that lead nowhere, as "page: link"."""
    for page in documents():
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S)
        for link in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
            target = "".join(link).split("#")[0]
            if (
                target
                and "://" not in target
                and not target.startswith("mailto:")
                and not (page.parent / target).exists()
            ):
                yield f"{page.relative_to(ROOT)}: {target}"


def stale() -> Iterator[str]:
    """Names of generated pages that differ from the code; white space does not count."""
    for name, text in pages().items():
        page = DOCS / name
        if not page.exists() or page.read_text("utf-8").split() != text.split():
            yield f"docs/{name} differs from the code: run `make reference`."


def main() -> int:
    """Write the pages, or check them with --check."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("--check", action="store_true", help="write nothing, exit 1 where something differs")
    if options.parse_args().check:
        wrong = [*stale(), *(f"{link} does not exist" for link in broken_links())]
        print("\n".join(wrong) or f"docs: {len(documents())} pages, all links resolve, the reference is current")
        return 1 if wrong else 0
    (DOCS / "reference").mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
