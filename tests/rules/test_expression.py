"""The language of rules, beside a slow reading of it."""

import string
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.slow import Row
from tastemaker.core import BadSetting
from tastemaker.rules.columns import Columns
from tastemaker.rules.expression import Rule
from tastemaker.storage.base import Item

DAY = 86_400.0


def shelf(*attributes, **fields):
    columns = Columns()
    items = [Item(str(n), attributes=a, **fields) for n, a in enumerate(attributes)]
    columns.put(range(len(items)), items)
    return columns


SHOES = shelf(
    {"category": "shoes", "price": 40, "tags": ["sale", "new"], "brand": "a", "sold": True, "maker": "a"},
    {"category": "shoes", "price": 60.5, "tags": [], "brand": "c", "sold": False, "maker": "d"},
    {"category": "Hats", "price": 10, "tags": ["sale"], "brand": "b"},
    {},
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('category == "shoes" and price < 50 and "sale" in tags and not (brand in ["c", "b"])', [0]),
        ("10 < price <= 60.5", [0, 1]),
        ("price != 40", [1, 2]),
        ("not price == 40", [1, 2, 3]),
        ("price in [10, 40, -1]", [0, 2]),
        ("price not in [10]", [0, 1]),
        ('"sale" not in tags', [1]),
        ('not "sale" in tags', [1, 3]),
        ("brand in tags", []),
        ("brand == maker", [0]),
        ("brand != maker", [1]),
        ("sold", [0]),
        ("sold == false", [1]),
        ("sold in [false, 3]", [1]),
        ("not sold", [1, 2, 3]),
        ("has(price) and not has(sold)", [2]),
        ("has(tags)", [0, 1, 2]),
        ('lower(category) == "hats"', [2]),
        ('contains(category, "oe")', [0, 1]),
        ('contains(lower(category), "h")', [0, 1, 2]),
        ('category == "unheard of"', []),
        ('category != "unheard of"', [0, 1, 2]),
        ("price * 2 - 10 >= 70", [0, 1]),
        ("-price < -50", [1]),
        ("1 / (price - 40) > 0", [1]),
        ("(price if sold else 1000) > 500", [1, 2, 3]),
        ('("x" if sold else brand) == "x"', [0]),
        ("true", [0, 1, 2, 3]),
        ('("a" == brand)\n', [0]),
        ("(price < 20\n or brand == 'a')", [0, 2]),
        ("stock == 3 or title == 'x' or hidden", []),
        ("has(title) or has(stock)", []),
        ('id in ["1", "3"]', [1, 3]),
    ],
)
def test_a_rule_keeps_the_rows_that_it_says(text, rows):
    assert np.flatnonzero(Rule.parse(text).mask(SHOES)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "user", "rows"),
    [
        ("brand == user.brand", {"brand": "b"}, [2]),
        ("brand == user.brand", {}, []),
        ("brand == user.brand", {"brand": 3.0}, []),
        ("brand == user.brand", {"brand": "unheard of"}, []),
        ("brand != user.brand", {"brand": "unheard of"}, [0, 1, 2]),
        ("brand in user.likes", {"likes": ["a", "c", "z"]}, [0, 1]),
        ("not (brand in user.likes)", {}, [0, 1, 2, 3]),
        ("brand not in user.likes", {}, []),
        ("user.likes in tags", {"likes": "new"}, [0]),
        ("price < user.most", {"most": 50}, [0, 2]),
        ("user.member and price > 50", {"member": True}, [1]),
        ("contains(category, user.word)", {"word": "oe"}, [0, 1]),
        ("contains(category, lower(user.word))", {"word": "OE"}, [0, 1]),
        ("contains(category, user.word)", {}, []),
        ("lower(category) == lower(user.kind)", {"kind": "HATS"}, [2]),
        ("user.a == user.b", {"a": "new text", "b": "other text"}, []),
        ("user.a == user.b", {"a": "new text", "b": "new text"}, [0, 1, 2, 3]),
        ("user.a == 'new text'", {"a": "other text"}, []),
        ("has(user.a) and not has(user.b)", {"a": 1}, [0, 1, 2, 3]),
    ],
)
def test_a_rule_may_ask_for_the_user(text, user, rows):
    assert np.flatnonzero(Rule.parse(text).mask(SHOES, user)).tolist() == rows


def test_a_rule_may_ask_for_the_time():
    columns = Columns()
    columns.put([0, 1], [Item("a", created=0), Item("b", created=8 * DAY, expires=10 * DAY)])
    assert Rule.parse("age_days < 7").mask(columns, now=9 * DAY).tolist() == [False, True]
    assert Rule.parse("age_days < 7").mask(columns).tolist() == [False, False]
    assert Rule.parse("expires - now < 2 * 86400").mask(columns, now=9 * DAY).tolist() == [False, True]


def test_a_mixed_attribute_is_missing_where_it_has_another_kind():
    columns = shelf({"size": 38}, {"size": "38"}, {"size": ["38", "39"]}, {"size": True})
    for text, rows in {
        "size == 38": [0],
        'size == "38"': [1],
        "size != 38": [],
        '"38" in size': [2],
        "size": [3],
    }.items():
        assert np.flatnonzero(Rule.parse(text).mask(columns)).tolist() == rows, text
    assert Rule.parse("has(size)").mask(columns).all()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "character 1"),
        ("price <", r"character \d+: invalid syntax"),
        ("price < 3 and prise", "No item has 'prise'. Did you mean 'price'"),
        ("price < 3 and prise", "character 15 .'prise'."),
        ("'ä' == brand and prise == 1", "character 18 .'prise'."),
        ("(1 == 1\n and prise == 1)", "character 14 .'prise'."),
        ("user", "user.place"),
        ("price ** 2 > 1", r"\+, -, \* and /"),
        ("price % 2 > 1", r"\+, -, \* and /"),
        ("price is 3", "Compare by"),
        ("~price", "Only - and not"),
        ("price.real", "Only the user"),
        ("user.a.b == 1", "Only the user"),
        ("__import__('os')", "no such function"),
        ("(lambda: 1)()", "no such function"),
        ("hass(price)", "Did you mean 'has'"),
        ("has(price, tags)", "1 argument"),
        ("contains(title, part='a')", "2 arguments"),
        ("contains(title)", "2 arguments"),
        ("contains('a', title)", "second argument"),
        ("has(3)", "takes the name"),
        ("has", r"has\(\.\.\.\)"),
        ("[x for x in tags]", "ListComp may not stand"),
        ("price[0]", "Subscript may not stand"),
        ("f'{price}'", "JoinedStr may not stand"),
        ("(x := 3)", "NamedExpr may not stand"),
        ("price in [brand]", "Expected a number"),
        ("b'x' == title", "Expected a number"),
        ("None == title", "Expected a number"),
        ("1j == price", "Expected a number"),
        ("1e999 == price", "too large"),
        (f"{'9' * 400} == price", "too large"),
        ("price < " + "9" * 2000, "2000 characters"),
        ("not " * 31 + "sold", "more than 30"),
        (" and ".join(["a == 1"] * 80), "200 parts"),
        ("price", "a number, but something true or false"),
        ("category + 1 > 2", "a text, but a number"),
        ("category < 3", "cannot compare: 'category' is a text and '3' is a number"),
        ("'a' < 'b'", "cannot compare"),
        ("tags == 'a'", "cannot compare"),
        ("'red' in category", "cannot compare"),
        ("price in tags", "cannot compare"),
        ("lower(price) == 'a'", "a number, but a text"),
        ("(1 if sold else 'a') == 1", "one kind"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, problem):
    with pytest.raises(BadSetting, match=problem):
        Rule.parse(text).mask(SHOES)


def test_a_factor_is_a_number_in_every_row():
    assert Rule.parse('1.5 if category == "shoes" else 1').number(SHOES).tolist() == [1.5, 1.5, 1, 1]
    assert Rule.parse("price / 10").number(SHOES).tolist() == [4, 6.05, 1, 1]
    assert Rule.parse("2").number(SHOES).tolist() == [2, 2, 2, 2]
    assert Rule.parse("1 / 0").number(SHOES).tolist() == [1, 1, 1, 1]
    assert Rule.parse("user.factor").number(SHOES, {"factor": 3}).tolist() == [3, 3, 3, 3]


def test_a_factor_below_0_is_refused():
    with pytest.raises(BadSetting, match=r"at least 0, but this is -20 for 2 items"):
        Rule.parse("40 - price").number(shelf({"price": 60}, {"price": 1}, {"price": 41}))


def test_without_items_there_is_nothing_to_complain_of():
    assert Rule.parse("price < 3").mask(Columns()).shape == (0,)
    assert Rule.parse("price").number(Columns()).shape == (0,)


def test_a_mask_of_columns_alone_is_computed_once():
    columns = shelf({"price": 1})
    rule = Rule.parse("price < 3")
    assert rule.pure
    first = rule.mask(columns)
    assert rule.mask(columns) is first
    assert not first.flags.writeable
    columns.put([0], [Item("0", attributes={"price": 4})])
    assert first.tolist() == [True]
    assert rule.mask(columns).tolist() == [False]


def test_what_the_user_does_not_touch_is_computed_once():
    columns = shelf({"price": 1, "brand": "a"})
    rule = Rule.parse("price < 3 and brand == user.brand")
    assert not rule.pure
    assert rule.mask(columns, {"brand": "a"}).tolist() == [True]
    assert rule.mask(columns, {"brand": "b"}).tolist() == [False]


# --- a slow reading ---

ROWS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(-3, 3).map(float),
        "m": st.integers(-3, 3).map(float) | st.sampled_from(["a", "B"]),
        "s": st.sampled_from(["a", "b", "B", "ab"]),
        "t": st.booleans(),
        "g": st.lists(st.sampled_from(["a", "b", "B"]), max_size=3),
    },
)
FULL = {"n": 0.0, "m": 1.0, "s": "a", "t": True, "g": ["a"]}  # so that every column is there
NUMBER = st.recursive(
    st.sampled_from(["n", "m", "2", "-1", "0", "user.n", "now"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=4,
)
TEXT = st.sampled_from(["s", '"a"', '"B"', '"unheard"', "user.s", "lower(s)", "lower(user.s)"])
TRUTH = st.one_of(
    st.builds("{} {} {}".format, NUMBER, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBER),
    st.builds("{} < {} <= {}".format, NUMBER, NUMBER, NUMBER),
    st.builds("{} {} {}".format, TEXT, st.sampled_from(["==", "!="]), TEXT),
    st.builds("{} {} g".format, TEXT, st.sampled_from(["in", "not in"])),
    st.builds("{} {} user.g".format, TEXT, st.sampled_from(["in", "not in"])),
    st.builds('{} {} ["a", "unheard", 1]'.format, TEXT | NUMBER, st.sampled_from(["in", "not in"])),
    st.builds("contains({}, {})".format, TEXT, st.sampled_from(['"a"', '"B"', "user.s"])),
    st.sampled_from(["t", "user.t", "true", "has(n)", "has(g)", "has(user.s)", "t == user.t", "t != false"]),
)
EXPRESSIONS = st.recursive(
    TRUTH,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("({} if {} else {}) == 1".format, NUMBER, inner, NUMBER),
    ),
    max_leaves=5,
)
USERS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(-3, 3).map(float),
        "s": st.sampled_from(["a", "B", "nowhere", "A"]),
        "t": st.booleans(),
        "g": st.lists(st.sampled_from(["a", "b", "B"]), max_size=3),
    },
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6), EXPRESSIONS, USERS, st.integers(0, 2).map(float))
@example([{"m": "a"}], "m == user.s", {"s": "a"}, 0.0)
def test_a_mask_equals_a_slow_reading_row_by_row(rows, text, user, now):
    columns = shelf(*rows, FULL)
    slow = [Row(row, user, now).true(text) for row in [*rows, FULL]]
    assert Rule.parse(text).mask(columns, user, now).tolist() == slow


PIECES = [
    "price",
    "user.",
    "(",
    ")",
    "[",
    "]",
    " and ",
    "not ",
    "in ",
    "==",
    "<",
    "'a'",
    "1",
    "e9",
    "contains",
    "has",
    ",",
]
PIECES += [
    "lower",
    "if ",
    " else ",
    "*",
    "-",
    "/",
    ".",
    '"',
    "\\",
    "#",
    "\n",
    "\x0c",
    "\u2028",
    "ä",
    "\x00",
    "lambda:",
    "=",
]


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=60) | st.text(string.printable, max_size=60) | st.lists(st.sampled_from(PIECES)).map("".join))
@example("(" * 300)
@example("-" * 1999 + "1")
@example("not " * 499)
@example("'\ud800'")
@example("'\\d' == title")
@example("'\u2028' == prise")
@example("'\x0c' == prise")
@example("\ufeffprice < 1")
def test_no_text_raises_anything_but_bad_setting(text):
    with suppress(BadSetting):
        Rule.parse(text).mask(SHOES, {"place": "here"}, 0.0)
