"""Encoding by executors: the bytes of the vectors do not depend on where and by how many they were made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import works
from clusters import needs_ray, two_nodes
from made import dataset
from service import serving
from tastemaker.compute.local import LocalExecutor
from tastemaker.compute.ray import RayExecutor
from tastemaker.core import DataError, Run, ServiceError, WeightsError
from tastemaker.features import weights
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.features.filling import BATCH, known
from tastemaker.features.partition import BATCHES, HEAVY, Encode, cut
from tastemaker.features.rows import Rows
from tastemaker.features.spread import spread

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

ONE = LocalExecutor(1)
WORDS = ["piano", "cookbook", "bluetooth", "sound"]


class Kept(FeatureCache):
    """A cache that counts what is put into it at once."""

    def __init__(self, folder):
        super().__init__(folder)
        self.puts = []

    def put(self, fingerprint, vectors):
        self.puts.append(len(vectors))
        super().put(fingerprint, vectors)


@pytest.fixture
def caches(tmp_path):
    made = {}
    yield lambda name: made.setdefault(name, Kept(tmp_path / "caches" / name))
    for cache in made.values():
        cache.close()


@pytest.fixture(scope="module")
def texts():
    """600 items, 3 parts; one has the text of another, one has none."""
    rng = np.random.default_rng(0)
    said = [" ".join(rng.choice(WORDS, int(rng.integers(1, 9)))) + f" {n}" for n in range(598)]
    return dataset(items=600, content={"text": [*((text,) for text in said), (said[0],), ()]})


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """150 items with pictures, 2 parts; one file is broken, one has gone, one item has two."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(1)
    paths = [folder / f"{n}.png" for n in range(150)]
    for path in paths[:-2]:
        Image.fromarray(rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)).save(path)
    paths[-2].write_bytes(b"no picture")
    content = [(path,) for path in paths]
    content[0] = (paths[0], paths[1])
    return dataset(items=150, content={"image": content}, root=folder)


@pytest.fixture(scope="module")
def conv(tmp_path_factory):
    """A small network over pictures, as an ONNX file."""
    from onnx import TensorProto, helper, numpy_helper, save

    rng = np.random.default_rng(2)
    kernel = numpy_helper.from_array(rng.normal(size=(12, 3, 5, 5)).astype(np.float32), "kernel")
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 32, 32])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 12, 7, 7])
    nodes = [
        helper.make_node("Conv", ["pixels", "kernel"], ["lines"], strides=[4, 4]),
        helper.make_node("Relu", ["lines"], ["out"]),
    ]
    graph = helper.make_graph(nodes, "conv", [pixels], [out], [kernel])
    path = tmp_path_factory.mktemp("conv") / "conv.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return ENCODERS.build({"name": "onnx", "model": str(path), "source": "image", "size": 32})


@pytest.fixture(scope="module")
def tfidf():
    return ENCODERS.build("tfidf")


@pytest.fixture(scope="module")
def expected(texts, tfidf, tmp_path_factory):
    """Vectors of the texts by one process, undisturbed."""
    cache = FeatureCache(tmp_path_factory.mktemp("one"))
    assert run(texts, tfidf, ONE, cache).counts == counted(encoded=598, missing=1)
    yield vectors(texts, tfidf, cache)
    cache.close()


def counted(encoded=0, cached=0, missing=0, broken=0):
    return {"encoded": encoded, "cached": cached, "missing": missing, "broken": broken}


def run(data, encoder, executor, cache):
    return spread(data, encoder, executor, cache=cache, run=Run())


def vectors(data, encoder, cache):
    """By item what the usual way finds in the cache, which must be all."""
    found = extract(data, [encoder], cache=cache)
    assert found.counts[encoder.name]["encoded"] == 0, "the cache is the one that all commands use"
    return found.features[encoder.name].vectors


@given(st.dictionaries(st.text("0123456789abcdef", min_size=4, max_size=6), st.integers(0, HEAVY), max_size=150))
def test_parts_are_a_partition_in_order_and_bounded(sizes):
    parts = cut(sizes, "audio")
    assert [key for keys in parts for key in keys] == sorted(sizes)
    for keys in parts:
        assert 0 < len(keys) <= BATCHES * BATCH["audio"]
        assert len(keys) == 1 or sum(sizes[key] for key in keys) <= HEAVY
    assert cut(dict(reversed(sizes.items())), "audio") == parts


def test_texts_are_byte_equal_by_one_process_and_two(texts, tfidf, caches, expected):
    two = run(texts, tfidf, LocalExecutor(2), caches("two"))
    assert two.counts == counted(encoded=598, missing=1)
    assert (two.parts, sorted(caches("two").puts)) == (3, [86, 256, 256])
    np.testing.assert_array_equal(vectors(texts, tfidf, caches("two")), expected)
    usual = extract(texts, [tfidf], cache=caches("usual")).features[tfidf.name].vectors
    np.testing.assert_allclose(usual, expected, atol=1e-5)


def test_pictures_are_byte_equal_and_the_broken_are_told(pictures, conv, caches):
    one = run(pictures, conv, ONE, caches("one"))
    two = run(pictures, conv, LocalExecutor(2), caches("two"))
    assert one.counts == two.counts == counted(encoded=148, missing=2, broken=2)
    assert {(b.item, b.path) for b in one.broken} == {("i148", "148.png"), ("i149", "149.png")}
    usual = extract(pictures, [conv], cache=caches("usual"))
    assert set(one.broken) == set(two.broken) == set(usual.broken)
    expected = vectors(pictures, conv, caches("one"))
    np.testing.assert_array_equal(vectors(pictures, conv, caches("two")), expected)
    np.testing.assert_allclose(usual.features[conv.name].vectors, expected, atol=1e-5)


def test_a_process_is_killed_and_the_bytes_are_the_same(texts, tfidf, caches, tmp_path, expected):
    killing = works.Killing(LocalExecutor(2), tmp_path)
    found = run(texts, tfidf, killing, caches("killed"))
    assert killing.at_work
    assert found.counts == counted(encoded=598, missing=1)
    np.testing.assert_array_equal(vectors(texts, tfidf, caches("killed")), expected)


@needs_ray
def test_a_cluster_of_two_nodes_gives_the_same_bytes(texts, pictures, tfidf, conv, caches, tmp_path, expected):
    (marks := tmp_path / "marks").mkdir()
    (killed := tmp_path / "killed").mkdir()
    killing = works.Killing(RayExecutor(), killed)
    with two_nodes():
        seen = works.Changed(RayExecutor(), lambda work: works.Marked(work, marks, 0.5))
        found = run(pictures, conv, seen, caches("ray"))
        assert run(texts, tfidf, killing, caches("killed")).counts == counted(encoded=598, missing=1)
    assert found.counts == counted(encoded=148, missing=2, broken=2)
    assert len(list(marks.iterdir())) == 2, "both nodes took part"
    assert killing.at_work
    np.testing.assert_array_equal(vectors(texts, tfidf, caches("killed")), expected)
    run(pictures, conv, ONE, caches("one"))
    np.testing.assert_array_equal(vectors(pictures, conv, caches("ray")), vectors(pictures, conv, caches("one")))


def test_a_run_that_was_stopped_goes_on_with_the_parts_that_lack(texts, tfidf, caches, expected):
    class Stopping:
        def map(self, work, parts, done=None):
            results = LocalExecutor(1).map(work, parts, done)
            yield next(results)
            results.close()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(texts, tfidf, Stopping(), caches("stopped"))
    kept = sum(caches("stopped").puts)
    assert 0 < kept < 598
    again = run(texts, tfidf, ONE, caches("stopped"))
    assert again.counts == counted(encoded=598 - kept, cached=kept, missing=1)
    assert run(texts, tfidf, ONE, caches("stopped")).counts == counted(cached=598, missing=1)
    np.testing.assert_array_equal(vectors(texts, tfidf, caches("stopped")), expected)


def test_a_part_that_fails_is_named_and_the_others_are_kept(texts, tfidf, caches):
    keys = sorted(cut(dict.fromkeys(_keys(texts), 1), "text")[1])
    failing = works.Changed(ONE, lambda work: works.Disliking(work, keys[7]))
    message = f"part 2 of 3 \\(256 contents, {keys[0][:12]} to .* failed 3 times; .* ValueError: not this one"
    with pytest.raises(ServiceError, match=message):
        run(texts, tfidf, failing, caches("failing"))
    assert run(texts, tfidf, ONE, caches("failing")).counts["cached"] in (256, 256 + 86)


def _keys(data):
    from tastemaker.features.stock import Texts

    return Texts(data).sizes


def test_other_weights_on_a_node_are_refused(texts, tfidf, caches):
    other = works.Changed(ONE, lambda work: Encode(work.spec, "tfidf/another"))
    with pytest.raises(ServiceError, match=r"is another one on this node .* same weights on all nodes"):
        run(texts, tfidf, other, caches("other"))
    assert caches("other").puts == []


def test_a_file_that_changes_meanwhile_is_no_vector_of_the_old_one(pictures, conv, caches, tmp_path):
    paths = [tmp_path / f"{n}.png" for n in range(2)]
    for n, path in enumerate(paths):
        Image.new("RGB", (40, 40), (100 * n, 9, 9)).save(path)
    data = dataset(items=2, content={"image": [(path,) for path in paths]}, root=tmp_path)

    class Late:
        def map(self, work, parts, done=None):
            Image.new("RGB", (40, 40), (7, 200, 7)).save(paths[1])
            return ONE.map(work, parts, done)

    found = run(data, conv, Late(), caches("late"))
    assert found.counts == counted(encoded=1, missing=1, broken=1)
    assert [(b.path, b.reason) for b in found.broken] == [("1.png", "it has changed since it was hashed")]


def test_a_service_is_asked_from_this_process(texts, caches, monkeypatch):
    class Nowhere:
        def map(self, work, parts, done=None):
            raise AssertionError("a service is asked by one process only")

    monkeypatch.setenv("TEST_KEY", "sk")
    with serving() as service:
        asked = ENCODERS.build({"name": "openai", "url": service.url, "model": "small", "key": "TEST_KEY"})
        assert run(texts, asked, Nowhere(), caches("service")).counts == counted(encoded=598, missing=1)
        assert len(service.texts) == 598


def test_what_no_item_has_is_refused(texts, conv, caches):
    with pytest.raises(DataError, match="needs image, but the items have only: text"):
        run(texts, conv, ONE, caches("none"))


@pytest.mark.soak
@pytest.mark.weights
def test_real_weights_give_equal_bytes_too(texts, caches, tmp_path):
    encoder = ENCODERS.build("minilm")
    try:
        weights.folder("minilm")
    except WeightsError:
        pytest.skip("weights not pulled: tastemaker weights pull minilm")
    for name, workers in (("one", 1), ("two", 2)):
        run(texts, encoder, LocalExecutor(workers), caches(name))
    one, two = (known(encoder, Rows(_keys(texts), tmp_path), caches(name)) for name in ("one", "two"))
    assert len(one) == len(two) == 598
    np.testing.assert_array_equal(one.of(list(_keys(texts))), two.of(list(_keys(texts))))
