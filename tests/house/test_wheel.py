"""A built wheel works in a clean environment that holds nothing but the core dependencies."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest

from house.source import ROOT

pytestmark = pytest.mark.timeout(600)

INTERACTIONS = "user_id,item_id,timestamp\n" + "".join(
    f"u{user},i{item},{1_700_000_000 + 3600 * (user * 7 + item)}\n"
    for user in range(12)
    for item in range(8)
    if (user * item) % 3 != 1
)


def _run(*command, **more):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _pip(*arguments):
    return _run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of what is under version control, as a release is."""
    place = tmp_path_factory.mktemp("wheel")
    _pip(
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        place,
        _copy(tmp_path_factory.mktemp("src")),
    )
    (built,) = place.glob("*.whl")
    return built


def _copy(place):
    """pip builds in the source folder; a copy keeps the checkout clean and stale files out of the wheel."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "src", place / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return place


@pytest.fixture(scope="module")
def clean(wheel, tmp_path_factory):
    """An environment with the wheel and its core dependencies, and how to run `tastemaker` in it."""
    place = tmp_path_factory.mktemp("clean")
    _run(sys.executable, "-m", "venv", "--without-pip", place / "venv")
    python = place / "venv" / "bin" / "python"
    _pip("--python", python, "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV", "TASTEMAKER"))}
    env = {**inherited, "HOME": str(place), "TASTEMAKER_HOME": str(place / "home"), "OMP_NUM_THREADS": "1"}
    (place / "shop").mkdir()
    (place / "shop" / "interactions.csv").write_text(INTERACTIONS)
    return lambda *words: _run(place / "venv" / "bin" / "tastemaker", *words, cwd=place, env=env)


def test_the_wheel_holds_the_package_the_types_and_the_licences(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(p.relative_to(ROOT / "src")) for p in (ROOT / "src" / "tastemaker").rglob("*.py")}
    assert modules <= names
    assert "tastemaker/py.typed" in names
    assert {n.rsplit("/", 1)[-1] for n in names if "licenses/" in n} >= {"LICENSE", "NOTICE"}
    assert [n for n in names if n.startswith(("tests", "docs"))] == []


def test_the_core_needs_no_torch(wheel):
    core = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [d for d in core if d.startswith(("torch", "transformers", "pandas", "polars"))] == []


def test_help_doctor_run_and_recommend_work_in_a_clean_environment(clean):
    assert "recommend" in clean("--help")
    checks = {check["what"]: check["ok"] for check in json.loads(clean("doctor", "--json"))}
    assert checks["tastemaker"]
    assert not checks["torch"]
    answer = json.loads(clean("run", "shop", "--out", "shop.tm", "--model", "popular", "-k", "3", "--json"))
    assert answer
    clean("recommend", "shop.tm", "--users", "all", "-k", "2", "--out", "lists.csv")
    lines = clean("recommend", "shop.tm", "--users", "u1", "-k", "2", "--json")
    assert json.loads(lines)
