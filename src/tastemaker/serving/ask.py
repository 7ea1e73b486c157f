"""What is asked of the engine, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from annotated_types import Ge, Le, MaxLen
from pydantic import Field

from tastemaker.core import component

Name = Annotated[str, MaxLen(256)]
Text = Annotated[str, MaxLen(2000)]
Share = Annotated[float, Ge(0), Le(1)]
SOURCES = ("model", "similar", "trending", "popular", "fresh")
"""Where candidates come from; after the first that a scenario names, the others help out in this order."""

Source = Literal["model", "similar", "trending", "popular", "fresh"]
Way = Literal["chance", "linucb"]


@component
class Weights:
    """How much each part of a score counts; every part has mean 0 and deviation 1 over the candidates of a list.

    Attributes:
        behaviour: The model's score.
        text: Likeness of the item's texts to those of what was liked last.
        image: The same of pictures.
        audio: The same of sound.
        video: The same of videos.
        attributes: The same of attributes.
        recency: How new the item is.
        trend: How much it is asked for now.
        dislike: Likeness to what was disliked, taken off.
        actions: What the predicted actions are worth together (see ``[actions]``).
    """

    behaviour: Annotated[float, Ge(0), Le(100)] = 1.0
    text: Annotated[float, Ge(0), Le(100)] = 0.0
    image: Annotated[float, Ge(0), Le(100)] = 0.0
    audio: Annotated[float, Ge(0), Le(100)] = 0.0
    video: Annotated[float, Ge(0), Le(100)] = 0.0
    attributes: Annotated[float, Ge(0), Le(100)] = 0.0
    recency: Annotated[float, Ge(0), Le(100)] = 0.0
    trend: Annotated[float, Ge(0), Le(100)] = 0.0
    dislike: Annotated[float, Ge(0), Le(100)] = 1.0
    actions: Annotated[float, Ge(0), Le(100)] = 0.0


@component
class Did:
    """Something a visitor did in this session, oldest first.

    Attributes:
        item: With what.
        kind: Such as "click"; see the events of the data guide.
        value: A rating, or 1.
    """

    item: Name
    kind: Annotated[str, MaxLen(64)] = ""
    value: Annotated[float, Ge(-1e6), Le(1e6)] = 1.0


@component
class Scenario:
    """A place in the shop where lists stand, such as a home page or a basket.

    Attributes:
        sources: Where candidates come from; each gets as many as the list may need.
        filter: Only items of which this is true; see the rules of the guide.
        boost: A factor an item, 0 and more.
        caps: At most so many items of one value of an attribute.
        diversity: 0 leaves the order; 1 looks at nothing but difference.
        explore: Chance that a place of the list, one in five, goes to an item that would not have stood in it.
        explore_by: Which item that is: any of the candidates by "chance", or by "linucb" one that is good or not yet
            known by what was learned from answered lists; see `BanditSettings`.
        weights: What the score is made of.
    """

    sources: tuple[Source, ...] = ("model",)
    filter: Text = ""
    boost: Text = ""
    caps: dict[Name, Annotated[int, Ge(1), Le(1000)]] = Field(default_factory=dict)
    diversity: Share = 0.0
    explore: Annotated[float, Ge(0), Le(0.5)] = 0.0
    explore_by: Way = "chance"
    weights: Weights = Field(default_factory=Weights)


@component
class Ask:
    """One request for a list. What is None is as the scenario has it.

    Attributes:
        user: Who asks; his stored history counts, and an unknown one is a stranger.
        session: The visit; experiments by session give it an arm.
        events: What a visitor did in this session, after his stored history.
        items: Examples of what is wanted, as if they were liked.
        k: Length of the list.
        scenario: Place in the shop; "" is the default one.
        filter: As of the scenario; both must be true.
        boost: As of the scenario; both factors count.
        caps: As of the scenario.
        diversity: As of the scenario.
        explore: As of the scenario.
        explore_by: As of the scenario.
        weights: As of the scenario.
        exclude: Never these.
        repeat: Whether items of the history may come again.
        explain: Whether each item says why it is there.
        request: Id of this list; "" lets the engine make one.
    """

    user: Name = ""
    session: Name = ""
    events: Annotated[list[Did], MaxLen(200)] = Field(default_factory=list)
    items: Annotated[list[Name], MaxLen(200)] = Field(default_factory=list)
    k: Annotated[int, Ge(1), Le(200)] = 20
    scenario: Annotated[str, MaxLen(64)] = ""
    filter: Text = ""
    boost: Text = ""
    caps: dict[Name, Annotated[int, Ge(1), Le(1000)]] | None = None
    diversity: Share | None = None
    explore: Annotated[float, Ge(0), Le(0.5)] | None = None
    explore_by: Way | None = None
    weights: Weights | None = None
    exclude: Annotated[list[Name], MaxLen(1000)] = Field(default_factory=list)
    repeat: bool = False
    explain: bool = False
    request: Annotated[str, MaxLen(64), Field(pattern=r"^[^\x00]*$")] = ""


class Listed(NamedTuple):
    """One item of a list.

    Attributes:
        item: Its id.
        score: What the list is ordered by, before caps, diversity and exploration; not comparable between lists.
        source: Which stage brought it, behind the arm's name and a slash where lists of two arms were drafted into one.
        title: For people.
        reason: Why, where asked.
        propensity: Chance of standing at its place; 1 without exploration.
    """

    item: str
    score: float
    source: str
    title: str = ""
    reason: str = ""
    propensity: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        item, score, source, title, reason, _ = self
        said = {"item": item, "score": score, "source": source, "title": title}
        if reason:
            said["reason"] = reason
        return said


@dataclass(frozen=True, slots=True)
class Answer:
    """A list.

    Attributes:
        request: Its id, which events name to be joined to it.
        items: Best first; fewer than asked where there are no more.
        model: Version of the model.
        degraded: What failed on the way, "" where nothing did.
        arms: Arm by experiment.
    """

    request: str
    items: tuple[Listed, ...]
    model: str
    degraded: str = ""
    arms: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "request": self.request,
            "items": [listed.to_json() for listed in self.items],
            "model": self.model,
            "degraded": self.degraded,
            "arms": self.arms,
        }
