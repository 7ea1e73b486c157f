"""Tuning an encoder: the held-out items are never learned from, control and resume, every way ends in an encoder."""

import json

import numpy as np
import pytest
import torch

from bert import write_bert
from shop import call, call_json, write_shop
from tastemaker.core import DataError, Run, SavedError, WeightsError
from tastemaker.data.read import read
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.texts import item_texts
from tastemaker.features.tuned.base import base_of
from tastemaker.learning.finetune.lesson import Lesson
from tastemaker.learning.finetune.pairs import CoLiked
from tastemaker.learning.finetune.settings import FinetuneSettings
from tastemaker.learning.finetune.tuning import Source, finetune

WAYS = ["side", "lora", "full", "mlm"]
FEW = {"epochs": 2, "steps": 2, "batch": 16, "width": 8, "inner": 8, "rank": 2, "layers": 1}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    root = tmp_path_factory.mktemp("finetune")
    folder, bert = write_shop(root / "shop", users=24, items=42), write_bert(root / "bert")
    (folder / "tastemaker.toml").write_text(f'encoders = [{{name = "bert", folder = "{bert}"}}]\n')
    return folder, bert


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))


@pytest.fixture
def source(shop):
    data = read(shop[0]).data
    made = Source.of(data, base_of({"name": "bert", "folder": str(shop[1])}), 128, Run())
    return data, made, Lesson.of(data, made.states.present, 0.2, 0)


def test_held_out_items_are_in_no_pair_and_no_history(source):
    data, _, lesson = source
    assert lesson.new.sum() > 2
    assert not lesson.new[lesson.known.interactions.item].any()
    assert lesson.new[lesson.held.interactions.item].all()
    assert not lesson.new[lesson.rows].any()
    assert len(lesson.known.interactions) + len(lesson.held.interactions) == len(data.interactions)


def test_a_pair_is_two_different_items_that_one_user_liked(source):
    _, _, lesson = source
    liked = lesson.taken.toarray() > 0
    for batch in CoLiked(lesson.taken, lesson.rows, 0).batches(1, 16, 3):
        items = batch.items.numpy()
        one, other = items[batch.one], items[batch.other]
        assert (one != other).all()
        assert all((liked[:, a] & liked[:, b]).any() for a, b in zip(one, other, strict=True))
        assert batch.taken.numpy().diagonal().all(), "the true one is among those that the user liked"


def test_pairs_depend_on_seed_and_epoch_alone(source):
    _, _, lesson = source
    first, second = (list(CoLiked(lesson.taken, lesson.rows, 3).batches(2, 16, 2)) for _ in range(2))
    assert all(torch.equal(a.other, b.other) for a, b in zip(first, second, strict=True))
    other = next(CoLiked(lesson.taken, lesson.rows, 3).batches(3, 16, 2))
    assert not torch.equal(other.items[other.one], first[0].items[first[0].one])


def test_the_control_keeps_popularity_and_loses_who_goes_with_whom(source):
    _, _, lesson = source
    mixed = lesson.shuffled(1)
    assert sorted(lesson.taken.sum(axis=0)) == sorted(mixed.taken.sum(axis=0))
    assert (lesson.taken != mixed.taken).nnz > 0
    assert mixed.known is lesson.known


@pytest.mark.parametrize("how", WAYS)
def test_untrained_it_is_the_frozen_encoder(source, how):
    _, made, lesson = source
    outcome = finetune(made, lesson, FinetuneSettings(how=how, **{**FEW, "rate": 1e-12}), Run())
    if how == "side":
        twice = np.hstack([made.frozen, made.frozen]) / np.sqrt(2)
        assert np.abs(outcome.vectors - twice).max() < 2e-3, "states are kept in half precision"
    else:
        np.testing.assert_allclose(outcome.vectors, made.frozen, atol=1e-5)


@pytest.mark.parametrize("how", WAYS)
def test_the_command_writes_an_encoder_that_gives_the_vectors_it_was_measured_with(shop, tmp_path, capsys, how):
    folder, _ = shop
    out, words = tmp_path / "tuned", ["--epochs", 3, "--steps", 3, "--batch", 16, "--rate", 1e-2, "--layers", 1]
    answer = call_json(capsys, "finetune", folder, "--encoder", "bert", "--how", how, "--out", out, *words)
    assert answer["how"] == how
    assert set(answer["ndcg@10"]) == {"frozen", "tuned"}
    assert answer["gain"]["low"] <= answer["gain"]["mean"] <= answer["gain"]["high"]
    assert not (tmp_path / "tuned.checkpoints").exists()
    spec = json.loads((out / "component.json").read_text())
    assert (spec["kind"], spec["how"], spec["source"]) == ("encoder", how, "text")
    tuned = ENCODERS.build({"name": "tuned", "folder": str(out)})
    texts = item_texts(read(folder).data)[:5]
    vectors = tuned.encode(texts)
    assert vectors.shape == (5, tuned.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(tuned.encode(texts[:1])[0], vectors[0], atol=1e-4)
    assert tuned.encode([]).shape == (0, tuned.dim)


def test_other_commands_take_it_by_the_configuration(shop, tmp_path, capsys):
    folder, _ = shop
    out = tmp_path / "tuned"
    call_json(capsys, "finetune", folder, "--encoder", "bert", "--out", out, "--epochs", 1, "--steps", 1)
    config = tmp_path / "mine.toml"
    config.write_text(f'encoders = [{{name = "tuned", folder = "{out}"}}]\nmodel = "content"\n')
    saved = tmp_path / "shop.tm"
    call_json(capsys, "fit", folder, "--config", config, "--out", saved)
    code, listed, error = call(capsys, "recommend", saved, "--users", "u0", "-k", "3")
    assert code == 0, error
    assert listed


def test_a_killed_training_goes_on_and_ends_the_same(source, tmp_path):
    _, made, lesson = source
    settings = FinetuneSettings(**{**FEW, "epochs": 4, "patience": 0})

    def killed(line):
        if line.startswith("Epoch [3/4]"):
            raise KeyboardInterrupt

    whole = finetune(made, lesson, settings, Run())
    with pytest.raises(KeyboardInterrupt):
        finetune(made, lesson, settings, Run(checkpoints=tmp_path, say=killed))
    gone_on = finetune(made, lesson, settings, Run(checkpoints=tmp_path))
    assert gone_on.history.losses == whole.history.losses
    np.testing.assert_array_equal(gone_on.vectors, whole.vectors)


def test_other_pairs_are_another_training(source, tmp_path):
    _, made, lesson = source
    settings, run = FinetuneSettings(**FEW), Run(checkpoints=tmp_path)
    one = finetune(made, lesson, settings, run)
    other = finetune(made, lesson.shuffled(1), settings, run)
    assert one.history.losses != other.history.losses


def test_the_fingerprint_is_that_of_what_was_learned(shop, tmp_path, capsys):
    folder, _ = shop
    marks = []
    for seed in (0, 0, 1):
        out = tmp_path / f"tuned-{len(marks)}"
        words = ["--encoder", "bert", "--epochs", 1, "--steps", 2, "--seed", seed]
        call_json(capsys, "finetune", folder, "--out", out, *words)
        marks.append(ENCODERS.build({"name": "tuned", "folder": str(out)}).fingerprint())
    assert marks[0] == marks[1]
    assert marks[0] != marks[2]


def test_bad_input_ends_in_one_sentence_and_nothing_is_written(shop, tmp_path, capsys):
    folder, _ = shop
    for words, said in (
        (["--encoder", "tfidf"], "cannot be tuned"),
        (["--encoder", "bert", "--how", "magic"], "Tuning cannot take"),
        (["--encoder", "bert", "--how", "full", "--layers", "9"], "has 2 blocks"),
        (["--encoder", "efficientnet", "--how", "lora"], "side network alone"),
        (["--encoder", "efficientnet"], "no item of"),
    ):
        code, _, error = call(capsys, "finetune", folder, "--out", tmp_path / "out", *words, "--quiet")
        assert code == 2, words
        assert said in error
        assert not (tmp_path / "out").exists()


def test_a_strange_folder_is_left_as_it_is(shop, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    code, _, error = call(capsys, "finetune", shop[0], "--encoder", "bert", "--out", tmp_path / "mine", "--quiet")
    assert code == 2
    assert "is no tuned encoder" in error


def test_too_few_items_are_refused(source):
    data, made, _ = source
    few = data.only(data.interactions.item < 12)
    with pytest.raises(DataError, match="Bring more data"):
        Lesson.of(few, made.states.present, 0.2, 0)


def test_a_tuned_encoder_without_its_folder_or_base_says_so(shop, tmp_path, capsys):
    with pytest.raises(WeightsError, match="finetune"):
        ENCODERS.build("tuned").fingerprint()
    with pytest.raises(WeightsError, match="no tuned encoder"):
        ENCODERS.build({"name": "tuned", "folder": str(tmp_path)}).fingerprint()
    out = tmp_path / "tuned"
    call_json(capsys, "finetune", shop[0], "--encoder", "bert", "--out", out, "--epochs", 1, "--steps", 1)
    with pytest.raises(SavedError, match="set source = 'text'"):
        ENCODERS.build({"name": "tuned", "source": "image", "folder": str(out)}).fingerprint()
    spec = json.loads((out / "component.json").read_text())
    spec["base"]["folder"] = str(write_bert(tmp_path / "other", seed=5))
    (out / "component.json").write_text(json.dumps(spec))
    with pytest.raises(SavedError, match="other weights"):
        ENCODERS.build({"name": "tuned", "folder": str(out)}).encode(["mast"])
    (out / "weights.safetensors").write_bytes(b"nothing")
    (out / "component.json").write_text("{")
    with pytest.raises(SavedError, match="damaged"):
        ENCODERS.build({"name": "tuned", "folder": str(out)}).fingerprint()


def test_settings_are_bounded():
    with pytest.raises(ValueError, match="layers"):
        FinetuneSettings(layers=0)
