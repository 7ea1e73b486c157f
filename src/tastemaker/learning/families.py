"""Which models stand for which way of recommending, and which are simple."""

from __future__ import annotations

from tastemaker.core import BadSetting
from tastemaker.models.base import Recommender
from tastemaker.models.catalog import RECOMMENDERS

# For each family the names that may stand for it, the first that is registered does.
FAMILIES: dict[str, tuple[str, ...]] = {
    "content": ("content",),
    "user collaborative": ("user_knn",),
    "item collaborative": ("item_knn",),
    "factorisation": ("als", "mf", "bpr", "neumf", "lightgcn"),
    "convolution": ("cnn", "caser"),
    "recurrent": ("gru", "gru4rec"),
    "transformer": ("transformer", "sasrec"),
    "multimodal": ("two_tower", "mm_graph", "freedom", "alpharec", "multimodal_mlp", "vbpr"),
}
SIMPLE = ("popular", "item_knn", "rp3beta", "ease", "user_knn")  # the best of them is what others must beat
CONTENT = ("content", *FAMILIES["multimodal"])  # those asked what they lose with a modality missing


def chosen(models: str) -> list[str]:
    """Names of recommenders in a list such as "popular,item_knn", in "families" or in "all".

    Raises:
        UnknownName: no recommender is called so.
        BadSetting: the list is empty.
    """
    if models == "families":
        known = RECOMMENDERS.names()
        firsts = (next((name for name in names if name in known), None) for names in FAMILIES.values())
        return [name for name in firsts if name is not None]
    if models == "all":
        return [name for name in RECOMMENDERS.names() if not _wraps(name)]
    names = list(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    if not names:
        raise BadSetting("No model is named. Give --models popular,item_knn or families or all.")
    for name in names:
        RECOMMENDERS.get(name)
    return names


def family_of(name: str) -> str:
    """The family that a recommender stands for; "" where none."""
    return next((family for family, names in FAMILIES.items() if name in names), "")


def _wraps(name: str) -> bool:
    """Whether a recommender is made of other recommenders."""
    try:
        made = RECOMMENDERS.build(name)
    except BadSetting:  # a wrapper that must be told what it wraps
        return True
    values = (value for found in vars(made).values() for value in (found if isinstance(found, list) else [found]))
    return any(isinstance(value, Recommender) for value in values)
