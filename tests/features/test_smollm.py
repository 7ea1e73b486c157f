"""SmolLM2 out of its GGUF file: the format, the model it builds, and what the vectors say."""

import struct

import numpy as np
import pytest

from tastemaker.core import BadSetting, WeightsError
from tastemaker.features import weights
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.text.gguf import Gguf
from tastemaker.features.text.smollm import FILE, SmolLM

try:
    weights.folder("smollm")
    HERE = True
except WeightsError:
    HERE = False
pulled = pytest.mark.skipif(not HERE, reason="weights not pulled: tastemaker weights pull smollm")

WORDS = ["<unk>", "<s>", "</s>", *(chr(n) for n in range(33, 127)), "Ġ", "ab"]
DIM, HEADS, KEYS, WIDE = 32, 4, 2, 64


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def field(name, value):
    if isinstance(value, str):
        return text(name) + struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        return text(name) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
    return (
        text(name) + struct.pack("<If", 6, value)
        if isinstance(value, float)
        else text(name) + struct.pack("<II", 4, value)
    )


def packed(kind, array):
    """Bytes of an array in a GGUF kind, and the array that they stand for."""
    if kind == 0:
        return array.astype("<f4").tobytes(), array
    blocks = array.reshape(-1, 32)
    if kind == 8:
        scale = (np.abs(blocks).max(1, keepdims=True) / 127).astype("<f2")
        whole = np.round(blocks / scale.astype(np.float32)).clip(-127, 127).astype(np.int8)
        raw = b"".join(s.tobytes() + w.tobytes() for s, w in zip(scale, whole, strict=True))
        return raw, (whole * scale.astype(np.float32)).reshape(array.shape)
    low = blocks.min(1, keepdims=True).astype("<f2")
    scale = ((blocks.max(1, keepdims=True) - low) / 15).astype("<f2")
    whole = np.round((blocks - low.astype(np.float32)) / scale.astype(np.float32)).clip(0, 15).astype(np.uint8)
    halves = whole[:, :16] | whole[:, 16:] << 4
    raw = b"".join(s.tobytes() + m.tobytes() + h.tobytes() for s, m, h in zip(scale, low, halves, strict=True))
    return raw, (whole * scale.astype(np.float32) + low.astype(np.float32)).reshape(array.shape)


def write(path, layers=3, **changed):
    """A small model as llama.cpp would write it; gives its tensors."""
    rng = np.random.default_rng(0)
    fields = {
        "general.architecture": "llama",
        "llama.block_count": layers,
        "llama.context_length": 64,
        "llama.embedding_length": DIM,
        "llama.feed_forward_length": WIDE,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": KEYS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.freq_base": 10000.0,
        "llama.vocab_size": len(WORDS),
        "tokenizer.ggml.tokens": WORDS,
        "tokenizer.ggml.merges": ["a b"],
    } | changed
    rows = KEYS * DIM // HEADS
    shapes = {
        "attn_norm": ((DIM,), 0),
        "ffn_norm": ((DIM,), 0),
        "attn_q": ((DIM, DIM), 3),
        "attn_k": ((rows, DIM), 3),
        "attn_v": ((rows, DIM), 3),
        "attn_output": ((DIM, DIM), 3),
        "ffn_gate": ((WIDE, DIM), 3),
        "ffn_up": ((WIDE, DIM), 3),
        "ffn_down": ((DIM, WIDE), 3),
    }
    wanted = {"token_embd.weight": ((len(WORDS), DIM), 8)}
    wanted |= {f"blk.{n}.{name}.weight": what for n in range(layers) for name, what in shapes.items()}
    head = [b"GGUF", struct.pack("<IQQ", 3, len(wanted), len(fields)), *(field(n, v) for n, v in fields.items())]
    data, there = b"", {}
    for name, (shape, kind) in wanted.items():
        raw, there[name] = packed(kind, rng.normal(size=shape).astype(np.float32) + (kind == 0))
        head.append(text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], kind, len(data)))
        data += raw + b"\0" * (-len(raw) % 32)
    start = b"".join(head)
    path.write_bytes(start + b"\0" * (-len(start) % 32) + data)
    return there


def test_a_file_is_read_as_it_was_written(tmp_path):
    there = write(tmp_path / FILE)
    file = Gguf(tmp_path / FILE)
    assert file.fields["llama.block_count"] == 3
    assert file.fields["tokenizer.ggml.tokens"] == WORDS
    for name, expected in there.items():
        np.testing.assert_allclose(file.tensor(name), expected, atol=1e-6)


def test_the_layers_are_those_of_llama(tmp_path):
    """Beside a Llama written out by hand, with the rotation as GGUF has it: neighbours turn together."""
    there = write(tmp_path / FILE, layers=1)
    encoder = SmolLM(folder=str(tmp_path), layer=1, device="cpu")
    ids = [WORDS.index(c) for c in "xyz"]
    x = there["token_embd.weight"][ids].astype(np.float64)

    def norm(rows, name):
        return rows / np.sqrt((rows**2).mean(1, keepdims=True) + 1e-5) * there[f"blk.0.{name}.weight"]

    def turned(rows, heads):
        size = DIM // HEADS
        pairs = rows.reshape(3, heads, size // 2, 2)
        angle = np.arange(3)[:, None, None] * 10000.0 ** (-np.arange(0, size, 2) / size)
        a, b = pairs[..., 0], pairs[..., 1]
        return np.stack([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], -1).reshape(
            3, heads, size
        )

    h = norm(x, "attn_norm")
    q, k, v = (h @ there[f"blk.0.attn_{part}.weight"].T for part in "qkv")
    q, k = turned(q, HEADS), turned(k, KEYS).repeat(HEADS // KEYS, 1)
    v = v.reshape(3, KEYS, -1).repeat(HEADS // KEYS, 1)
    scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(DIM / HEADS) + np.triu(np.full((3, 3), -np.inf), 1)
    share = np.exp(scores) / np.exp(scores).sum(2, keepdims=True)
    x = x + np.einsum("hij,jhd->ihd", share, v).reshape(3, DIM) @ there["blk.0.attn_output.weight"].T
    h = norm(x, "ffn_norm")
    gate = h @ there["blk.0.ffn_gate.weight"].T
    x = x + (gate / (1 + np.exp(-gate)) * (h @ there["blk.0.ffn_up.weight"].T)) @ there["blk.0.ffn_down.weight"].T
    even = (x / np.linalg.norm(x, axis=1, keepdims=True))[1:].sum(0)  # without the first token
    assert encoder._runner._tokenizer.encode("xyz").ids == ids
    found = encoder.encode(["xyz"])[0]
    np.testing.assert_allclose(found, even / np.linalg.norm(even), atol=1e-4)


def test_a_text_without_a_second_token_has_a_vector(tmp_path):
    write(tmp_path / FILE)
    rows = ENCODERS.build({"name": "smollm", "folder": str(tmp_path), "layer": 2}).encode(["", "a", "a b"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda raw: b"", "GGUF file that can be read"),
        (lambda raw: b"PK" + raw[2:], "is no GGUF file"),
        (lambda raw: raw[:4] + b"\x09" + raw[5:], "is GGUF version 9"),
        (lambda raw: raw[:200], "GGUF file that can be read"),
        (lambda raw: raw[:-4000], "is cut off within"),
        (lambda raw: raw[:24] + b"\xff" * 8 + raw[32:], "GGUF file that can be read"),
        (lambda raw: raw.replace(b"llama", b"gptxx", 2), "expected a 'llama'"),
    ],
)
def test_damaged_files_are_refused(tmp_path, damage, says):
    write(tmp_path / FILE)
    (tmp_path / FILE).write_bytes(damage((tmp_path / FILE).read_bytes()))
    with pytest.raises(WeightsError, match=says):
        SmolLM(folder=str(tmp_path), layer=3).encode(["a"])


def test_wrong_settings_say_what_to_do(tmp_path, monkeypatch):
    write(tmp_path / FILE)
    with pytest.raises(WeightsError, match="has 3 layers; `layer` asks for 4"):
        SmolLM(folder=str(tmp_path), layer=4).encode(["a"])
    with pytest.raises(BadSetting, match="Take 'cpu' or 'auto'"):
        SmolLM(folder=str(tmp_path), layer=3, device="cuda:7").encode(["a"])
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    monkeypatch.delenv("TASTEMAKER_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="tastemaker weights pull smollm"):
        SmolLM().encode(["a"])


@pulled
def test_similar_texts_lie_closer_than_others():
    ears, phones, cook = SmolLM(threads=1).encode(
        [
            "wireless headphones with noise cancelling",
            "bluetooth earphones that block out sound",
            "a cookbook of Italian recipes",
        ]
    )
    assert ears @ phones > ears @ cook + 0.05


@pulled
def test_transformers_reads_the_same(tmp_path):
    """Where the packages that its own reader needs are here."""
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder = weights.folder("smollm")
    words = AutoTokenizer.from_pretrained(folder, gguf_file=FILE)
    how = {"gguf_file": FILE, "dtype": torch.float32, "quantization_config": GgufConfig(dequantize=True)}
    model = AutoModelForCausalLM.from_pretrained(folder, **how).model.eval()
    said = "Toy Story (1995): cowboys   don't lie. 无线"
    with torch.inference_mode():
        hidden = model(**words(said, return_tensors="pt"), output_hidden_states=True).hidden_states[15][0, 1:]
    expected = torch.nn.functional.normalize(torch.nn.functional.normalize(hidden, dim=1).sum(0), dim=0)
    np.testing.assert_allclose(SmolLM(layer=15).encode([said])[0], expected.numpy(), atol=1e-5)
