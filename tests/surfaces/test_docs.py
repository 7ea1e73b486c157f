"""The documentation is the code's: every name is in it, every link leads somewhere, examples run."""

import importlib.util
import re
import textwrap

import pytest

from house.source import ROOT

DOCS = ROOT / "docs"


def _maker():
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _maker()
NAMES = [(kind, name) for kind in reference.KINDS for name in reference.catalog(kind).names()]


@pytest.mark.parametrize("page", ["reference/cli.md", "reference/components.md", "index.md"])
def test_generated_pages_equal_the_code(page, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # put back afterwards
    assert (DOCS / page).read_text("utf-8").split() == reference.pages()[page].split(), "run `make reference`"


def test_every_link_leads_somewhere():
    assert list(reference.broken_links()) == []


@pytest.mark.parametrize(("kind", "name"), NAMES, ids=lambda x: x)
def test_every_catalog_name_is_documented(kind, name):
    reference_page = (DOCS / "reference" / "components.md").read_text("utf-8")
    assert f"### `{name}`" in reference_page
    guides = "\n".join(page.read_text("utf-8") for page in [*DOCS.glob("guide/*.md"), ROOT / "README.md"])
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", guides), f"no guide page names the {kind} {name}"


@pytest.mark.parametrize(("kind", "name"), NAMES, ids=lambda x: x)
def test_every_component_says_what_it_is_and_every_number_has_a_range(kind, name):
    made = reference.catalog(kind).get(name)
    assert reference.first_line(made)
    free = [row for row in reference.settings(made) if re.search(r"\| (int|float) \|  \|", row)]
    unbounded = [row for row in free if "`seed`" not in row]
    assert unbounded == [], "a setting that takes any number takes nonsense"


def test_every_guide_page_is_listed():
    index = (DOCS / "index.md").read_text("utf-8")
    assert [p.name for p in DOCS.glob("guide/*.md") if f"guide/{p.name}" not in index] == []


def _blocks(language):
    found = []
    for page in reference.documents():
        for number, code in enumerate(
            re.findall(rf"^ *```{language}\n(.*?)^ *```", page.read_text("utf-8"), re.S | re.M)
        ):
            found.append(pytest.param(code, id=f"{page.relative_to(ROOT)}:{number}"))
    return found


@pytest.mark.parametrize("code", _blocks("python"))
def test_python_examples_compile(code):
    compile(textwrap.dedent(code), "example", "exec")


@pytest.mark.parametrize("code", _blocks("(?:sh|bash|console|text)"))
def test_commands_in_examples_exist_with_their_options(code):
    from tastemaker.cli.main import parser

    commands = reference.subcommands(parser())
    for line in re.findall(r"^\s*(?:\$ )?tastemaker ([a-z].*)", code.replace("\\\n", " "), re.M):
        words = line.split("#")[0].split()
        if words[0] not in commands:
            assert not re.fullmatch(r"[a-z]+", words[0]), f"there is no command {words[0]!r}"
            continue
        known = {o for action in commands[words[0]]._actions for o in action.option_strings}
        for word in words[1:]:
            if word.startswith("-") and len(word) > 1 and not word[1].isdigit():
                assert word.split("=")[0] in known, f"tastemaker {words[0]} has no {word}"


def test_every_command_has_examples_json_and_a_sentence():
    from tastemaker.cli.main import parser

    for name, command in reference.subcommands(parser()).items():
        text = command.format_help()
        assert f"tastemaker {name}" in text.split("examples:")[1], name
        assert "--json" in text, name
        assert command.description, name


def test_the_readme_shows_two_commands_first():
    first = (ROOT / "README.md").read_text("utf-8").split("```")[1]
    assert re.findall(r"^make (\w+)", first, re.M) == ["demo", "test"]
