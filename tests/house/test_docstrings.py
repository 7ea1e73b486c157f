"""Every public name says what it is."""

import ast

import pytest

import tastemaker as tm
from house.source import FILES, name, tree


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_module_and_public_definition_has_a_docstring(path):
    module = tree(path)
    missing = [] if ast.get_docstring(module) else ["the module"]
    for node in module.body:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if isinstance(node, kinds) and not node.name.startswith("_"):
            missing += [node.name] if not ast.get_docstring(node) else []
            inner = node.body if isinstance(node, ast.ClassDef) else []
            missing += [f"{node.name}.{m.name}" for m in inner if _undocumented(m)]
    assert missing == []


def _undocumented(node):
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, functions) and not node.name.startswith("_") and not ast.get_docstring(node)


def test_the_public_surface_is_small_and_loads():
    assert len(tm.__all__) <= 25
    assert set(tm.__all__) <= set(dir(tm))


@pytest.mark.parametrize("public", tm.__all__)
def test_every_public_name_can_be_had_and_is_documented(public):
    assert getattr(tm, public).__doc__


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match=r"tastemaker has no 'reed'.*read"):
        tm.reed  # noqa: B018
