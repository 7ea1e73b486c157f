"""The source tree as the house rules see it."""

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "tastemaker"
FILES = sorted(SRC.rglob("*.py"))


@cache
def tree(path):
    return ast.parse(path.read_text("utf-8"), str(path))


def name(path):
    return str(path.relative_to(SRC))


def functions(path):
    """(line, qualified name, node) of every function and method."""
    stack = [("", tree(path))]
    while stack:
        prefix, node = stack.pop()
        for child in ast.iter_child_nodes(node):
            inside = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inside = f"{prefix}{child.name}."
                if not isinstance(child, ast.ClassDef):
                    yield child.lineno, inside[:-1], child
            stack.append((inside, child))


def tracked():
    """Files under version control; skips where there is no git (a source archive)."""
    try:
        out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / f for f in out.stdout.split("\0") if f and (ROOT / f).is_file()]
