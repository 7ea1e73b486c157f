import numpy as np
import pytest
import torch

from made import dataset, features
from tastemaker.core import SavedError
from tastemaker.fusion import FUSIONS
from tastemaker.models.nets.items import make_tower, sources_of, tower_of
from tastemaker.models.nets.packing import pack, unpack


def made(**more):
    data = dataset(n=40)
    sources = sources_of(data, features(), **{k: v for k, v in more.items() if k == "ids"})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tower = tower_of(sources, FUSIONS.build("attention"), 8, id_dropout=0.5, source_dropout=0.5)
    return data, sources, tower


def test_an_item_that_nobody_took_has_no_id_and_is_its_content():
    data, sources, tower = made()
    tower.eval()
    taken = np.isin(np.arange(15), data.interactions.item)
    assert ((sources.ids >= 0).numpy() == taken).all()
    rows = torch.arange(15)
    with torch.no_grad():
        every, told = tower.every(sources), tower.told(rows, sources)
        own = torch.where(sources.ids[:, None] >= 0, tower.ids(rows), torch.tensor(0.0))
    torch.testing.assert_close(every, told + own)


def test_without_ids_content_is_everything_and_a_bare_item_is_unknown():
    _, sources, _ = made(ids=False)
    there = np.any([f.present for f in features().values()], axis=0)
    assert (sources.known == there).all()


def test_ids_and_sources_are_hidden_in_training_only():
    _, sources, tower = made()
    rows = torch.arange(15)
    tower.train()
    one, other = tower(rows, sources), tower(rows, sources)
    assert not torch.equal(one, other)
    tower.eval()
    assert torch.equal(tower(rows, sources), tower(rows, sources))


def test_what_stands_in_absent_rows_changes_nothing():
    _, sources, tower = made()
    tower.eval()
    spoiled = {n: torch.where(sources.present[n][:, None], v, torch.nan) for n, v in sources.vectors.items()}
    rows = torch.arange(15)
    with torch.no_grad():
        torch.testing.assert_close(tower(rows, sources._replace(vectors=spoiled)), tower(rows, sources))


def test_works_without_any_content():
    data = dataset(n=40)
    tower = tower_of(sources_of(data, None), FUSIONS.build("attention"), 8)
    assert tower.every(sources_of(data, None)).shape == (15, 8)


def test_packing_is_exact_and_damage_is_said():
    _, sources, tower = made()
    tower.eval()
    state = pack(tower)
    other = make_tower(tower.shape, FUSIONS.build("attention"))
    unpack(other, state)
    assert torch.equal(other.every(sources), tower.every(sources))
    with pytest.raises(SavedError, match="damaged"):
        unpack(other, {k: v for k, v in state.items() if k != "net.missing"})
