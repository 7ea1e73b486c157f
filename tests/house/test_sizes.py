"""Files of one sitting, functions of one screen."""

import ast

import pytest

from house.source import FILES, functions, name

FILE_LINES = 300
FUNCTION_LINES = 30
# "file.py" or "file.py:Class.method": why it is longer. Empty is the aim.
LONGER = {
    "actions/measured.py:measure": "the stages of a run, in order",
    "cli/ask.py:add": "a flat list of options",
    "cli/fetch.py:add": "a flat list of options",
    "cli/look.py:add": "a flat list of options",
}


def _code_lines(node):
    """Lines of a function without its docstring: saying more about it must never cost a rule."""
    said = ast.get_docstring(node) is not None
    return node.end_lineno - node.lineno + 1 - (node.body[0].end_lineno - node.body[0].lineno + 1) * said


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_has_300_lines_at_most(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= FILE_LINES or name(path) in LONGER, f"{name(path)} has {lines} lines: split it"


def test_a_function_has_30_lines_at_most():
    long = {
        f"{name(path)}:{called}": lines
        for path in FILES
        for _, called, node in functions(path)
        if (lines := _code_lines(node)) > FUNCTION_LINES
    }
    assert {k: v for k, v in long.items() if k not in LONGER} == {}


def test_the_list_of_exceptions_is_not_out_of_date():
    known = {name(path) for path in FILES} | {f"{name(p)}:{c}" for p in FILES for _, c, _ in functions(p)}
    assert set(LONGER) <= known
