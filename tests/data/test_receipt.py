"""The receipt: complete, readable, plain."""

import json

from tables import folder, read
from tastemaker.data.receipt import Ledger, short


def test_text_and_json_tell_the_same(tmp_path):
    text = "user_id,item_id,event,timestamp\nu,a,view,1457956800\nu,a,view,1457956800\n,b,like,1457956860\nv,b,hide,\n"
    receipt = read(folder(tmp_path, text, "item_id,title,image\na,A,x.jpg\n", "user_id,age\nu,3\nv,5\n")).receipt
    said = receipt.text()
    plain = json.loads(json.dumps(receipt.to_json(), allow_nan=False))
    for rule in receipt.rules:
        assert f"{rule.action}: {rule.name}: {rule.hits}" in said
    assert [rule["name"] for rule in plain["rules"]] == [rule.name for rule in receipt.rules]
    assert plain["before"] == {"rows": 4, "users": 2, "items": 2}
    assert plain["shares"]["image"] == {"items": 0.5, "interactions": 0.5}
    assert "interactions        4       2" in said
    assert "attributes of users: age (number)" in said
    assert "feedback: 1 positive, 0 neutral, 1 negative" in said
    assert all(len(line) < 600 for line in said.splitlines())


def test_a_clean_source_says_so(tmp_path):
    said = read(folder(tmp_path, "user_id,item_id\nu,a\n")).receipt.text()
    assert "nothing to clean" in said
    assert "clock: none" in said


def test_a_rule_adds_up_and_keeps_five_examples():
    ledger = Ledger()
    ledger.add("x", "dropped", 0, ["never"])
    for n in range(4):
        ledger.add("x", "dropped", 2, [f"a{n}", f"b{n}"])
    (rule,) = ledger.rules.values()
    assert (rule.hits, rule.examples) == (8, ("a0", "b0", "a1", "b1", "a2"))
    assert short("a\n b" + "c" * 100) == "a b" + "c" * 74 + "..."
