"""What is committed: nothing of one machine, nothing that may not be passed on."""

import re

import pytest

from house.source import ROOT, tracked

# Written so that this file does not contain what it looks for.
HOMES = re.compile(r"(?<![\w./~-])/(?:" + "|".join(["home/[a-z]", "Users/[A-Z]", "ro" + "ot/", "wo" + "rk/"]) + ")")
TEMPORARY = re.compile(r"(?<![\w./~-])/tm" + "p/")
INDEXES = re.compile(
    "|".join(["py" + "pi\\.org", "pythonhosted" + "\\.org", "download\\.py" + "torch", "--index-url [hf]"])
)
TEXT = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".svg", ".cfg", ""}
LARGEST = 1_000_000


def _lines():
    for path in tracked():
        if path.suffix in TEXT:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                yield f"{path.relative_to(ROOT)}:{number}", line


def test_no_path_of_one_machine_is_committed():
    assert [where for where, line in _lines() if HOMES.search(line)] == []


def test_no_temporary_path_is_committed_outside_tests():
    """Tests name some as attacks."""
    assert [w for w, line in _lines() if TEMPORARY.search(line) and not w.startswith("tests/")] == []


def test_no_host_of_a_package_index_is_committed():
    assert [where for where, line in _lines() if INDEXES.search(line)] == []


def test_no_large_file_is_committed():
    assert [str(p.relative_to(ROOT)) for p in tracked() if p.stat().st_size > LARGEST] == []


@pytest.mark.parametrize(
    "needed",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "NOTICE",
        "Makefile",
        ".ci/run",
    ],
)
def test_the_house_is_complete(needed):
    assert (ROOT / needed).exists()


def test_constraints_are_exact_and_name_no_place():
    lines = [x for x in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not x.startswith("#")]
    assert [x for x in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", x)] == []


def test_the_version_is_the_same_everywhere():
    import tastemaker

    assert f'version = "{tastemaker.__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert f"[{tastemaker.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
