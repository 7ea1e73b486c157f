"""The layer rule. `make check` runs import-linter over the contracts; here they are kept from going away."""

import ast
import tomllib

import pytest

from house.source import FILES, ROOT, SRC, name, tree

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
LAYERS = next(c["layers"] for c in LINTER["contracts"] if c["type"] == "layers")
ORDER = [layer.strip("()").removeprefix("tastemaker.") for layer in LAYERS]


def test_the_flow_goes_one_way():
    line = [
        "cli",
        "actions",
        "learning",
        "pipeline",
        "models",
        "fusion",
        "features",
        "training",
        "evaluation",
        "data",
        "compute",
        "core",
    ]
    assert [layer for layer in ORDER if layer in line] == line


def test_every_package_has_its_layer():
    packages = {p.parent.name for p in SRC.glob("*/__init__.py")}
    modules = {p.stem for p in SRC.glob("*.py")} - {"__init__", "__main__"}
    assert packages | modules <= set(ORDER)


def test_metrics_and_torch_have_their_contracts():
    forbidden = [c for c in LINTER["contracts"] if c["type"] == "forbidden"]
    metrics = next(c for c in forbidden if c["source_modules"] == ["tastemaker.evaluation"])
    assert {"tastemaker.models", "tastemaker.fusion", "tastemaker.features"} <= set(metrics["forbidden_modules"])
    torch = next(c for c in forbidden if "torch" in c["forbidden_modules"])
    assert {"tastemaker.core", "tastemaker.data", "tastemaker.evaluation"} <= set(torch["source_modules"])


def test_ray_has_its_contract_and_one_file():
    ray = next(c for c in LINTER["contracts"] if "ray" in c.get("forbidden_modules", ()))
    packages = {p.parent.name for p in SRC.glob("*/__init__.py")} - {"compute"}
    assert packages <= {module.removeprefix("tastemaker.") for module in ray["source_modules"]}
    importing = {name(p) for p in FILES for node in ast.walk(tree(p)) if _imports(node, "ray")}
    assert importing == {"compute/ray.py"}


def _imports(node, package):
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == package
    return isinstance(node, ast.Import) and any(a.name.split(".")[0] == package for a in node.names)


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != SRC], ids=name)
def test_no_import_points_backwards(path):
    """What import-linter checks too, without its cache and in every test run; lazy imports count."""
    own = ORDER.index(path.relative_to(SRC).parts[0])
    for node in ast.walk(tree(path)):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        names = [module] if module else [a.name for a in node.names] if isinstance(node, ast.Import) else []
        for imported in names:
            parts = imported.split(".")
            if parts[0] == "tastemaker" and len(parts) > 1:
                assert ORDER.index(parts[1]) >= own, f"{name(path)}:{node.lineno} imports {imported}"


@pytest.mark.parametrize("folder", sorted({p.parent for p in FILES}), ids=name)
def test_every_folder_of_code_is_a_package(folder):
    assert (folder / "__init__.py").exists()


def test_the_types_are_shipped():
    assert (SRC / "py.typed").exists()
