"""Events: phrases, weights, signs."""

import pytest

from tables import folder, hits, log, read
from tastemaker.data.events import WEIGHTS, canonical, understand
from tastemaker.data.receipt import Ledger


@pytest.mark.parametrize(
    ("phrase", "event"),
    [
        ("VIEW", "view"), ("COMMENT CREATED", "comment"), ("review_purchase", "purchase"), ("completed", "complete"),
        ("add_to_cart", "cart"), ("addtocart", "cart"), ("AddToCart", "cart"), ("transaction", "purchase"),
        ("remove_from_cart", "undo"), ("dislike", "dislike"), ("thumbs-down", "dislike"), ("not interested", "hide"),
        ("unlike", "undo"), ("pv", "view"), ("fav", "bookmark"), ("buy", "purchase"), ("Watched", "play"),
        ("REPORT", "report"), ("neutral", "neutral"), ("both", "both"), ("skip", "skip"), ("page_view", "view"),
    ],
)  # fmt: skip
def test_phrases_mean_events(phrase, event):
    assert canonical(phrase) == event


def test_every_default_event_means_itself():
    assert [canonical(name) for name in WEIGHTS if name != "undo"] == [name for name in WEIGHTS if name != "undo"]


def test_the_order_of_weights_is_as_documented():
    order = ["purchase", "cart", "like", "click", "view", "neutral", "hide", "dislike", "report"]
    weights = [WEIGHTS[name] for name in order]
    assert weights == sorted(weights, reverse=True)


def test_unknown_events_weigh_one_and_are_told():
    ledger = Ledger()
    events = understand(["Teleport", "view"], {}, ledger)
    assert events.names == ("", "teleport", "view")
    assert events.weights == (1, 1, 1)
    assert ledger.rules["events without a known weight (they weigh 1)", "noted"].examples == ("teleport",)


def test_settings_go_before_the_defaults():
    own = {"teleport": -2, "view": 0, "review_purchase": 9}
    events = understand(["Teleport", "VIEW", "Review Purchase"], own, Ledger())
    assert events.names == ("", "review purchase", "teleport", "view")
    assert events.weights == (1, 9, -2, 0)


def test_signs_come_from_negative_and_neutral_events_else_from_the_rating(tmp_path):
    text = "user_id,item_id,event,rating\nu,1,rate,4\nu,2,dislike,4\nu,3,neutral,4\nu,4,rate,-1\nu,5,,0\n"
    reading = read(folder(tmp_path, text))
    assert [(row[2], row[5]) for row in log(reading)] == [(4, 1), (4, -1), (4, 0), (-1, -1), (0, 0)]
    assert reading.receipt.signs == (1, 2, 2)


def test_ratings_that_follow_the_event_are_weights(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id,event,rating\nu,1,view,1\nu,2,like,2.5\nv,1,view,1\n"))
    assert not reading.data.explicit
    assert [row[2] for row in log(reading)] == [1, 2.5, 1]
    assert hits(reading, "ratings that follow from the event (taken as its weight)") == 3


def test_a_column_of_many_values_is_no_column_of_events(tmp_path):
    text = "user_id,item_id,type\n" + "".join(f"u,{n},t{n}\n" for n in range(300))
    reading = read(folder(tmp_path, text))
    assert reading.data.events == ("",)
    assert hits(reading, "the column of events has too many different values") == 300
