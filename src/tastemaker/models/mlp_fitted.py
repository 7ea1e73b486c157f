"""`multimodal_mlp` after training: queries in, scores out, arrays to disk and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tastemaker.core import BadSetting, SavedError
from tastemaker.data import Query
from tastemaker.fusion import Fusion
from tastemaker.models.base import State, array
from tastemaker.models.mlp_bags import bags_of_queries, entries
from tastemaker.models.mlp_biases import Biases, shrunk
from tastemaker.models.mlp_net import Histories, Net, Shape, pool

CELLS = 1 << 22  # hidden units held at a time


@dataclass(frozen=True)
class Fitted:
    """A trained network with the vectors of all items; the last row of the items is the unknown item.

    Attributes:
        net: The network; in double precision once training has ended, so that an answer does not depend on who
            else asks.
        biases: What it adds to.
        items: Vectors of all items and the unknown one, (n_items + 1, hidden).
        known: Which of these can be told anything of: trained on, or with content.
        users: Which user ids were trained on, (n_users,).
        last: Entries of a history that are pooled.
    """

    net: Net
    biases: Biases
    items: Tensor
    known: NDArray[np.bool_]
    users: NDArray[np.bool_]
    last: int

    def score(self, asked: Sequence[Query]) -> NDArray[np.float32]:
        """Rating or logit of every item, nan for items of which nothing is known, (q, n_items)."""
        n = len(self.items) - 1
        out = np.full((len(asked), n), np.nan, np.float32)
        step = max(1, CELLS // max(1, n * self.net.shape.head))
        for at in range(0, len(asked), step):
            out[at : at + step] = self._finished(self._grid(asked[at : at + step]))[:, :n]
        out[:, ~self.known[:n]] = np.nan
        return out

    def rate(self, asked: Sequence[Query], items: NDArray[np.integer]) -> NDArray[np.float32]:
        """The same number for each pair; -1 and items of which nothing is known are the unknown item."""
        place = {id(query): n for n, query in enumerate(asked)}
        rows = np.fromiter((place[id(query)] for query in asked), np.int64, len(asked))
        unique, who = np.unique(rows, return_inverse=True)
        which = np.where((items >= 0) & self.known[items], items, len(self.items) - 1)
        out = np.empty(len(asked), np.float32)
        order = np.argsort(who, kind="stable")
        step = max(1, CELLS // self.net.shape.head)
        for at in range(0, len(order), step):
            part = order[at : at + step]
            out[part] = self._finished(self._cells([asked[n] for n in unique], who[part], which[part]))
        return out

    def _cells(self, asked: Sequence[Query], who: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.float64]:
        some, place = np.unique(who, return_inverse=True)
        with torch.inference_mode():
            askers, bias = self._askers([asked[n] for n in some])
            said = self.net.cells(askers[place], self.items, torch.from_numpy(which[:, None]).to(self.items.device))
        return self._based(said[:, 0].double().cpu().numpy(), bias[place], which)

    def _grid(self, asked: Sequence[Query]) -> NDArray[np.float64]:
        with torch.inference_mode():
            askers, bias = self._askers(asked)
            said = self.net.grid(askers, self.items).double().cpu().numpy()
        return self._based(said, bias[:, None], np.arange(len(self.items)))

    def _based(
        self, said: NDArray[np.float64], bias: NDArray[np.float64], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        popularity = float(self.net.popularity.detach())
        return np.asarray(self.biases.mean + popularity * self.biases.item(items) + bias + said)

    def _finished(self, raw: NDArray[np.float64]) -> NDArray[np.float32]:
        return self.biases.squashed(raw) if self.biases.explicit else raw.astype(np.float32)

    def _askers(self, asked: Sequence[Query]) -> tuple[Tensor, NDArray[np.float64]]:
        bags = bags_of_queries(asked, self.biases, self.last)
        bias = shrunk(*self.biases.user(bags.row, bags.weight, len(asked)))
        place, starts = entries(bags, np.arange(len(asked)))
        columns = (bags.item[place], starts, bags.liked[place], bags.weight[place])
        histories = Histories(*(torch.from_numpy(column).to(self.items.device) for column in columns))
        device, kind = self.items.device, self.items.dtype
        pools = pool(self.net.views(self.items), histories)
        rows = torch.tensor([self._row(query.user) for query in asked], dtype=torch.int64, device=device)
        out = self.net.own(rows) + self.net.tastes(pools, torch.from_numpy(bias).to(device, kind))
        for name in self.net.user_names:
            out = out + self._said(name, asked)
        return out, bias

    def _row(self, user: int | None) -> int:
        return user if user is not None and 0 <= user < len(self.users) and self.users[user] else -1

    def _said(self, name: str, asked: Sequence[Query]) -> Tensor:
        width = self.net.shape.users[name]
        rows = np.zeros((len(asked), width))
        for n, query in enumerate(asked):
            if name in query.profile:
                rows[n] = _profile(query.profile[name], name, width)
        return self.net.said(name, torch.from_numpy(rows).to(self.items.device, self.items.dtype))

    def state(self) -> State:
        """Everything as arrays; the rest as JSON in bytes."""
        said = {"shape": self.net.shape._asdict(), "last": self.last, "biases": _plain(self.biases)}
        tensors = {f"net.{name}": t.float().cpu().numpy() for name, t in self.net.state_dict().items()}
        return {
            "said": np.frombuffer(json.dumps(said).encode(), np.uint8).copy(),
            "items": self.items.float().cpu().numpy(),
            "known": self.known,
            "users": self.users,
            "total": self.biases.total,
            "count": self.biases.count,
            **tensors,
        }


def restored(state: State, fusion: Fusion) -> Fitted:
    """Rebuild what `Fitted.state` gave; raises `SavedError`."""
    try:
        said: dict[str, Any] = json.loads(bytes(np.asarray(array(state, "said"), np.uint8)))
        shape = Shape(**said["shape"])
        net = make_net(shape, fusion)
        tensors = {key[len("net.") :]: value for key, value in state.items() if key.startswith("net.")}
        net.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in tensors.items()})
        biases = Biases(**said["biases"], total=array(state, "total"), count=array(state, "count"))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, SavedError):
            raise
        raise SavedError(f"The saved network is damaged ({error}). Fit it anew.") from error
    items = torch.from_numpy(np.array(array(state, "items"))).double()
    known, users = array(state, "known").astype(bool), array(state, "users").astype(bool)
    return Fitted(net.double().eval(), biases, items, known, users, int(said["last"]))


def make_net(shape: Shape, fusion: Fusion) -> Net:
    """An untrained network; without item sources it has no fusion."""
    widths = dict.fromkeys(sorted(shape.items), shape.hidden)
    return Net(shape, fusion.module(widths) if widths else None)


def _plain(biases: Biases) -> Mapping[str, Any]:
    return {key: value for key, value in asdict(biases).items() if key not in {"total", "count"}}


def _profile(vector: NDArray[np.float32], name: str, width: int) -> NDArray[np.float32]:
    if np.shape(vector) != (width,):
        raise BadSetting(
            f"The profile {name!r} has the shape {np.shape(vector)}; the model was fitted with ({width},)."
        )
    return vector


def frozen(net: nn.Module) -> nn.Module:
    """The same network in double precision on the processor, in evaluation mode."""
    return net.to("cpu").double().eval()
