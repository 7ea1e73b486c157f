"""Content pays: on worlds whose factors are known, the stack finds what is there.

`make test` looks at one small world of each kind, `make soak` at three seeds of the default size.
"""

import importlib.util
from functools import cache

import pytest

from house.source import ROOT
from tastemaker.features import weights

pytest.importorskip("torch")
pytest.importorskip("transformers")

MISSING = [name for name in ("minilm", "efficientnet", "musicnn") if weights.folder(name) is None]
pytestmark = [
    pytest.mark.weights,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(MISSING), reason=f"weights not pulled: tastemaker weights pull {' '.join(MISSING)}"),
]
SIZES = [
    pytest.param("small", 0, id="small"),
    *(pytest.param("full", seed, id=f"full-{seed}", marks=pytest.mark.soak) for seed in range(3)),
]


@cache
def bench():
    path = ROOT / "benchmarks" / "quality" / "content_pays.py"
    spec = importlib.util.spec_from_file_location("content_pays", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Worlds and vectors of all tests, apart from the user's own cache."""
    return tmp_path_factory.mktemp("content_pays")


def settings(size):
    return bench().SMALL if size == "small" else {}


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_in_the_default_world_content_finds_a_good_part_of_what_the_oracle_knows(size, seed, root):
    found = bench().default_world(seed, root / size, **settings(size))
    assert found["oracle / popular"] >= 3, found
    assert 0.3 <= found["content / oracle"] <= 0.8, found
    assert found["content - popular"][1] > 0, found


@pytest.mark.parametrize("taste", ["text", "image", "audio"])
@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_all_modalities_together_lose_little_where_one_of_them_tells(taste, size, seed, root):
    found = bench().one_modality(taste, seed, root / size, **settings(size))
    assert found["all / alone"] >= 0.85, found
    assert found["all - popular"][1] > 0, found
    assert found["shuffled likeness - popular"][1] <= 0, found
    if size == "full":  # in a small world the wrong vectors can be learned by heart, as numbers of the items
        assert found["shuffled - ids"][1] <= 0, found  # kernels learn them as ids, and find no more than ids do
        assert found["all - shuffled"][1] > 0, found
        assert found["shuffled ridge - popular"][1] <= 0, found
        assert found["shuffled - popular"][1] <= 0, found


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_new_users_with_attributes_beat_the_same_users_without(size, seed, root):
    found = bench().attributes(seed, root / size, **settings(size))
    assert found["with - without"][1] > 0, found


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_attention_beats_concat_where_the_telling_modality_differs_by_item(size, seed, root):
    """The vectors are compared as they are: what is gained is the fusion's."""
    found = bench().switch(seed, root / size, learning="none", **settings(size))
    assert found["attention - concat"][1] > 0, found


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.soak) for seed in range(3)])
def test_attention_beats_concat_on_new_items_too(seed, root):
    """New items have nothing but their content, so the wrong modality costs most."""
    found = bench().switch(seed, root / "full", "cold_items")
    assert found["attention - concat"][1] > 0, found
