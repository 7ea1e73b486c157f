"""What every fusion keeps, whatever its name."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest
import torch

from made import dataset, features
from tastemaker.core import BadSetting, NotFitted, Run, SavedError, settings_of, spec_of
from tastemaker.data import Features
from tastemaker.fusion import FUSIONS, shares
from tastemaker.fusion.base import as_module

NAMES = FUSIONS.names()
SOURCES = {"attributes": 4, "efficientnet": 5, "minilm": 6}
CPU = Run(device="cpu")
QUICK = {name: {"steps": 20} for name in ("weighted", "attention", "gated", "crossmodal")}


def made(seed=0, missing=0.3):
    return features(seed, n=15, dims=SOURCES, missing=missing)


@cache
def fitted(name):
    return make(name).fit(made(), dataset(), CPU)


def make(name, **settings):
    return FUSIONS.build({"name": name, **QUICK.get(name, {}), **settings})


def part(all_features, names):
    return {name: all_features[name] for name in names}


def with_garbage(found):
    """The same features, absent rows full of nonsense."""
    out = {}
    for name, f in found.items():
        vectors = f.vectors.copy()
        vectors[~f.present] = np.where(np.arange(f.dim) % 2, np.nan, 1e6)
        out[name] = Features(f.source, vectors, f.present)
    return out


SUBSETS = [names for size in (1, 2, 3) for names in combinations(SOURCES, size)]


@pytest.mark.parametrize("name", NAMES)
def test_carries_its_name_and_is_rebuilt_from_its_specification(name):
    fusion = FUSIONS.build(name)
    assert fusion.name == name
    assert settings_of(FUSIONS.build(spec_of(fusion))) == settings_of(fusion)


@pytest.mark.parametrize("name", NAMES)
def test_refuses_use_before_fit(name):
    for use in (lambda f: f.fuse(made()), lambda f: f.shares(made()), lambda f: f.state()):
        with pytest.raises(NotFitted, match="has not been fitted"):
            use(FUSIONS.build(name))


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("name", NAMES)
def test_any_subset_of_the_sources_gives_finite_unit_vectors(name, subset):
    found = part(made(), subset)
    fused = fitted(name).fuse(found)
    some = np.any([f.present for f in found.values()], axis=0)
    assert fused.vectors.dtype == np.float32
    assert np.isfinite(fused.vectors).all()
    np.testing.assert_array_equal(fused.known, some)
    np.testing.assert_allclose(np.linalg.norm(fused.vectors[some], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_item_without_any_source_is_unknown_and_zero(name):
    found = {n: Features(f.source, f.vectors, f.present & (np.arange(15) != 3)) for n, f in made().items()}
    fused = fitted(name).fuse(found)
    assert not fused.known[3]
    assert not fused.vectors[3].any()
    assert not fitted(name).shares(found)[3].any()


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_absent_rows_changes_nothing(name):
    clean, dirty = made(), with_garbage(made())
    one, other = fitted(name), make(name).fit(dirty, dataset(), CPU)
    np.testing.assert_array_equal(one.fuse(clean).vectors, other.fuse(dirty).vectors)
    np.testing.assert_array_equal(one.shares(clean), other.shares(dirty))


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_sources_does_not_matter(name):
    found, turned = made(), dict(reversed(made().items()))
    one, other = fitted(name), make(name).fit(turned, dataset(), CPU)
    np.testing.assert_array_equal(one.fuse(found).vectors, other.fuse(turned).vectors)


@pytest.mark.parametrize("name", NAMES)
def test_an_item_does_not_depend_on_the_others(name):
    fusion, found = fitted(name), made()
    alone = {n: Features(f.source, f.vectors[4:6], f.present[4:6]) for n, f in found.items()}
    np.testing.assert_allclose(fusion.fuse(alone).vectors, fusion.fuse(found).vectors[4:6], atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_fuse_runs_the_module(name):
    fusion, found = fitted(name), made()
    module = fusion.module(SOURCES)
    arrays = {k.removeprefix("module."): v for k, v in fusion.state().items() if k.startswith("module.")}
    as_module(module).load_state_dict({k: torch.from_numpy(v) for k, v in arrays.items()})
    as_module(module).eval()
    vectors = {n: torch.from_numpy(f.vectors) for n, f in found.items()}
    present = {n: torch.from_numpy(f.present) for n, f in found.items()}
    with torch.no_grad():
        np.testing.assert_array_equal(module(vectors, present).numpy(), fusion.fuse(found).vectors)
        np.testing.assert_array_equal(module.weights(vectors, present).numpy(), fusion.shares(found))
    assert module.dim == fusion.fuse(found).vectors.shape[1]


@pytest.mark.parametrize("name", NAMES)
def test_shares_sum_to_one_and_are_zero_at_absent_sources(name):
    found = made(missing=0.5)
    given = shares(fitted(name), found)
    there = np.stack([found[n].present for n in sorted(found)], axis=1)
    assert given.shape == (15, 3)
    assert not given[~there].any()
    np.testing.assert_allclose(given.sum(axis=1), there.any(axis=1), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_saving_changes_nothing(name):
    fusion, again = fitted(name), FUSIONS.build(name)
    again.restore(fusion.state())
    np.testing.assert_array_equal(again.fuse(made()).vectors, fusion.fuse(made()).vectors)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_state_is_refused(name):
    state = dict(fitted(name).state())
    for damaged in ({}, {"dims": np.frombuffer(b"{nonsense", np.uint8)}, {**state, "module.more": np.ones(2)}):
        with pytest.raises(SavedError, match="Fit it anew"):
            FUSIONS.build(name).restore(damaged)


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_give_equal_results(name):
    run = Run(seed=5, device="cpu")
    one, other = (make(name).fit(made(), dataset(), run).fuse(made()).vectors for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_flow_in_joint_training(name):
    module = FUSIONS.build(name).module(SOURCES)
    as_module(module).train()
    found = with_garbage(made())
    present = {n: torch.from_numpy(f.present) for n, f in found.items()}
    vectors = {n: torch.from_numpy(f.vectors).nan_to_num(0.0).requires_grad_() for n, f in found.items()}
    (module(vectors, present) * torch.linspace(-1, 1, module.dim)).sum().backward()
    for n, tensor in vectors.items():
        assert tensor.grad.isfinite().all()
        assert tensor.grad[present[n]].any()
        assert not tensor.grad[~present[n]].any()
    for parameter in as_module(module).parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_untrained_modules_compare_by_the_mean_of_the_cosines(name):
    found = {n: Features(f.source, f.vectors, np.ones(15, bool)) for n, f in made(missing=0).items()}
    fusion = FUSIONS.build(name)
    module = fusion.module(SOURCES)
    as_module(module).eval()
    vectors = {n: torch.from_numpy(f.vectors) for n, f in found.items()}
    with torch.no_grad():
        rows = module(vectors, {n: torch.ones(15, dtype=torch.bool) for n in found}).numpy()
    unit = [f.vectors / np.linalg.norm(f.vectors, axis=1, keepdims=True) for f in found.values()]
    np.testing.assert_allclose(rows @ rows.T, np.mean([u @ u.T for u in unit], axis=0), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_sources_that_do_not_fit_are_refused(name):
    fusion, found = fitted(name), made()
    with pytest.raises(BadSetting, match="'new' was not there"):
        fusion.fuse({**found, "new": found["minilm"]})
    with pytest.raises(BadSetting, match="'minilm' is 5 wide, but was 6"):
        fusion.fuse({"minilm": found["efficientnet"]})
    with pytest.raises(BadSetting, match="same number of rows"):
        fusion.fuse({"minilm": found["minilm"], "efficientnet": features(n=9, dims=SOURCES)["efficientnet"]})
    with pytest.raises(BadSetting, match="nothing to fuse"):
        fusion.fuse({})
    with pytest.raises(BadSetting, match="nothing to fuse"):
        make(name).fit({}, dataset())


@pytest.mark.parametrize("name", NAMES)
def test_no_behaviour_is_no_error(name):
    fused = make(name).fit(made(), dataset(n=4), CPU).fuse(made())
    assert np.isfinite(fused.vectors).all()
