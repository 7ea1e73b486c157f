"""Gorse's users, items and feedback, and ours that stand for them."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_pascal

from tastemaker.http.wire import Attributes, Id, Word, seconds
from tastemaker.storage.base import Attribute, Event, Item, User

CATEGORIES = "categories"  # the attribute that keeps an item's categories
LABELS = "labels"  # the attribute that keeps labels without names
COMMENT = "comment"  # the attribute that keeps what is said of a user
ATTRIBUTES: TypeAdapter[dict[str, Attribute]] = TypeAdapter(Attributes)


def moment(said: Any) -> Any:
    """Seconds since 1970; None for none, as for Go's zero time."""
    at = seconds(said) if said else None
    return at if not isinstance(at, float | int) or at > 0 else None


Moment = Annotated[Annotated[float, Le(1e11)] | None, BeforeValidator(moment)]
Comment = Annotated[str, MaxLen(10_000)]


class Body(BaseModel):
    """Gorse's own names; fields that it does not have are let through, as its clients of other versions send some."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True, allow_inf_nan=False)


class UserPatch(Body):
    """What changes of a user; null and absent stay."""

    labels: Any = None
    comment: Comment | None = None


class UserBody(UserPatch):
    """A user."""

    user_id: Id


class ItemPatch(Body):
    """What changes of an item; null and absent stay."""

    is_hidden: bool | None = None
    labels: Any = None
    categories: Annotated[list[Word], MaxLen(200)] | None = None
    timestamp: Moment = None
    comment: Comment | None = None


class ItemBody(ItemPatch):
    """An item."""

    item_id: Id


class FeedbackBody(Body):
    """Something a user did; without a value it counts 1."""

    feedback_type: Annotated[str, MinLen(1), MaxLen(64)]
    user_id: Id
    item_id: Id
    value: Annotated[float, Ge(-1e9), Le(1e9)] | None = None
    timestamp: Moment = None
    comment: Comment | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What Gorse tells one feedback from another by: user, item, type."""
        return self.user_id, self.item_id, self.feedback_type

    def event(self, now: float) -> Event:
        """As the store keeps it."""
        value = 1.0 if self.value is None else self.value
        at = now if self.timestamp is None else self.timestamp
        return Event(self.user_id, self.item_id, self.feedback_type, value, at, comment=self.comment or "")


def blank_item(known: Item | None, name: str) -> Item:
    """An item without all that Gorse can say; what it cannot, such as files, stays."""
    return replace(known or Item(name, created=time.time()), title="", attributes={}, hidden=False)


def changed_item(item: Item, said: ItemPatch) -> Item:
    """The item with what is said. Its comment is our title, its labels are attributes.

    Raises:
        pydantic.ValidationError: labels are deeper or other than attributes can be.
    """
    categories = item.attributes.get(CATEGORIES)
    labels = {name: value for name, value in item.attributes.items() if name != CATEGORIES}
    if said.labels is not None:
        labels = attributes_of(said.labels)
    if said.categories is not None:
        categories = said.categories
    return replace(
        item,
        title=item.title if said.comment is None else said.comment,
        attributes=labels if categories is None else {**labels, CATEGORIES: categories},
        hidden=item.hidden if said.is_hidden is None else said.is_hidden,
        created=said.timestamp or item.created,
    )


def changed_user(user: User, said: UserPatch) -> User:
    """The user with what is said; raises as of `changed_item`."""
    comment = user.attributes.get(COMMENT) if said.comment is None else said.comment
    labels = {name: value for name, value in user.attributes.items() if name != COMMENT}
    if said.labels is not None:
        labels = attributes_of(said.labels)
    return replace(user, attributes={**labels, COMMENT: comment} if comment else labels)


def attributes_of(labels: Any) -> dict[str, Attribute]:
    """Labels as attributes: those inside others under names with dots, those without names as ``labels``."""
    named = dict(_flat(labels)) if isinstance(labels, Mapping) else {LABELS: labels} if labels else {}
    return ATTRIBUTES.validate_python(named)


def _flat(labels: Mapping[str, Any], head: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in labels.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{head}{name}.")
        elif value is not None:
            yield f"{head}{name}", value


def labels_of(attributes: Mapping[str, Attribute], besides: str) -> Any:
    """Attributes as labels, without the one called `besides`; None without any."""
    rest = {name: value for name, value in attributes.items() if name != besides}
    if set(rest) == {LABELS}:
        return rest[LABELS]
    found: dict[str, Any] = {}
    for name, value in rest.items():
        *path, place = _path(name, rest)
        inner = found
        for step in path:
            inner = inner.setdefault(step, {})
        inner[place] = value
    return found or None


def _path(name: str, names: Container[str]) -> list[str]:
    """Where a label lies; as it is where a name before a dot is that of another."""
    parts = name.split(".")
    taken = any(".".join(parts[:n]) in names for n in range(1, len(parts)))
    return [name] if taken else parts


def categories_of(item: Item) -> list[str]:
    """An item's categories; the attribute ``category`` counts where there is no other."""
    said = item.attributes.get(CATEGORIES, item.attributes.get("category", []))
    return said if isinstance(said, list) else [str(said)]


def item_json(item: Item) -> dict[str, Any]:
    """As Gorse tells it."""
    return {
        "ItemId": item.id,
        "IsHidden": item.hidden,
        "Categories": categories_of(item),
        "Timestamp": told(item.created),
        "Labels": labels_of(item.attributes, CATEGORIES),
        "Comment": item.title,
    }


def user_json(user: User) -> dict[str, Any]:
    """As Gorse tells it."""
    comment = user.attributes.get(COMMENT, "")
    return {"UserId": user.id, "Labels": labels_of(user.attributes, COMMENT), "Comment": comment}


def feedback_json(events: Sequence[Event]) -> dict[str, Any]:
    """Events of one user, item and type as one feedback: the sum of their values, the latest time and comment."""
    comments = [event.comment for event in events if event.comment]
    return {
        "FeedbackType": events[0].kind,
        "UserId": events[0].user,
        "ItemId": events[0].item,
        "Value": sum(event.value for event in events),
        "Timestamp": told(max(event.time for event in events)),
        "Comment": comments[-1] if comments else "",
    }


def accumulated(events: Iterable[Event]) -> list[dict[str, Any]]:
    """One feedback for each user, item and type, in order of the first event."""
    groups: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        groups.setdefault((event.user, event.item, event.kind), []).append(event)
    return [feedback_json(group) for group in groups.values()]


def told(at: float) -> str:
    """A time as of RFC 3339, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
