"""What the code may not do: run data, hide behaviour, print from the library."""

import ast

import pytest

from house.source import FILES, name, tree

BANNED_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
BANNED_CALLS = {"eval", "exec", "compile", "__import__"}


def _dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def _calls(path):
    return [(node, _dotted(node.func)) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def _is(call, keyword, value):
    return any(k.arg == keyword and isinstance(k.value, ast.Constant) and k.value.value is value for k in call.keywords)


def _imports(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=name)
def test_data_is_never_executed(path):
    assert not {m.split(".")[0] for m in _imports(path)} & BANNED_MODULES
    for call, called in _calls(path):
        where = f"{name(path)}:{call.lineno}"
        assert called not in BANNED_CALLS, where
        assert not _is(call, "shell", True), f"{where}: shell=True"
        assert not _is(call, "allow_pickle", True), f"{where}: allow_pickle=True"
        assert called not in {"os.system", "os.popen", "yaml.load"}, where
        if called.endswith("torch.load"):
            assert _is(call, "weights_only", True), f"{where}: torch.load without weights_only=True"


@pytest.mark.parametrize("path", [p for p in FILES if "cli" not in p.parts], ids=name)
def test_only_the_command_line_prints(path):
    for call, called in _calls(path):
        assert called not in {"print", "sys.stdout.write"}, f"{name(path)}:{call.lineno}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_behaviour_is_not_patched_or_guessed(path):
    for call, called in _calls(path):
        assert called not in {"setattr", "hasattr", "globals"}, f"{name(path)}:{call.lineno}: {called}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_there_is_no_global_state(path):
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.Global), f"{name(path)}:{node.lineno}: global"
    for call, called in _calls(path):
        known = called.startswith(("np.random.", "numpy.random.", "random.", "torch.manual_seed"))
        allowed = called.rsplit(".", 1)[-1] in {"default_rng", "Generator", "PCG64", "SeedSequence", "Philox"}
        assert allowed or not known, f"{name(path)}:{call.lineno}: {called} is a global random state"
