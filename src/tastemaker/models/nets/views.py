"""Content as graph networks see it: centred unit vectors of each source, and who is alike by each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tastemaker.core import BadSetting
from tastemaker.models.nets.graphs import Edges, knn_graph, mixed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from tastemaker.models.nets.items import ItemSources


class Views(NamedTuple):
    """Sources of all items; see `views_of`.

    Attributes:
        names: Of the sources, sorted.
        vectors: One a source: centred, of length 1, zeros where absent, (n_items, d).
        present: What is there, bool, (n_items, sources).
        graphs: One a source: cosines of the items most alike, (n_items, n_items).
    """

    names: tuple[str, ...]
    vectors: tuple[Tensor, ...]
    present: Tensor
    graphs: tuple[csr_array, ...]

    def joined(self, weights: Mapping[str, float] | None) -> Edges:
        """One graph of all sources, each row summing to 1, or to 0 without neighbours.

        Args:
            weights: Of the sources by name; None: all the same.

        Raises:
            BadSetting: there is no source of such a name.
        """
        given = dict.fromkeys(self.names, 1.0) if weights is None else weights
        for name in given:
            if name not in self.names:
                raise BadSetting(f"There is no source {name!r} to weigh; there are: {', '.join(self.names) or 'none'}.")
        shares = [given.get(name, 0.0) for name in self.names]
        return self._edges(mixed(self.graphs, shares) if self.names else self._nothing())

    def each(self, *, both: bool = False) -> tuple[list[Edges], Tensor]:
        """A graph a source, each row summing to 1, and which items have neighbours in it, (n_items, graphs).

        Args:
            both: Whether a last graph holds every neighbour by any source.
        """
        graphs = list(self.graphs)
        if both and graphs:
            graphs.append(reduce(lambda one, other: one.maximum(other), graphs))
        near = np.array([np.diff(graph.indptr) > 0 for graph in graphs], bool)
        there = torch.from_numpy(near.T.reshape(len(self.present), len(graphs))).to(self.present.device)
        return [self._edges(mixed([graph], [1.0])) for graph in graphs], there

    def _nothing(self) -> csr_array:
        from scipy.sparse import csr_array

        n, none = len(self.present), np.empty(0, np.int64)
        return csr_array((np.empty(0, np.float32), (none, none)), shape=(n, n))

    def needed(self, model: str) -> Views:
        """The same; raises `BadSetting` where there is no source at all."""
        if not self.names:
            raise BadSetting(f"{model} knows items by their content alone, and there is none. Give it an encoder.")
        return self

    def _edges(self, graph: csr_array) -> Edges:
        return Edges.of(graph, self.present.device)


def views_of(sources: ItemSources, k: int) -> Views:
    """Views with the `k` nearest of the liked items by each source.

    An item that nobody liked is thus near items with behaviour, and nobody relies on it.
    """
    device, liked = sources.ids.device, sources.ids.cpu().numpy() >= 0
    names, vectors, present = tuple(sorted(sources.vectors)), [], []
    for name in names:
        there = sources.present[name].cpu().numpy()
        vectors.append(_directions(sources.vectors[name].cpu().numpy(), there))
        present.append(there & vectors[-1].any(axis=1))
    graphs = [knn_graph(v, there, k, own=False, among=liked) for v, there in zip(vectors, present, strict=True)]
    there = np.array(present, bool).T.reshape(len(liked), len(names))
    tensors = tuple(torch.from_numpy(v).to(device) for v in vectors)
    return Views(names, tensors, torch.from_numpy(there).to(device), tuple(graphs))


def _directions(vectors: NDArray[np.float32], present: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Rows less their mean, divided by their length; zeros where absent."""
    out = np.zeros(vectors.shape, np.float32)
    if present.any():
        out[present] = vectors[present] - vectors[present].mean(axis=0)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12), np.float32)
