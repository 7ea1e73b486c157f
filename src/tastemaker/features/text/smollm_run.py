"""SmolLM2 out of its GGUF file: tokenizer, the first layers, the mean of their hidden states."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError
from tastemaker.features import engine
from tastemaker.features.text.chunks import Chunked, cut, padded
from tastemaker.features.text.gguf import Gguf

PARTS = {  # ours: theirs
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


class SmolRunner:
    """The first layers of a Llama-like model from a GGUF file.

    Args:
        path: The file.
        layer: How many layers are run, from 1.
        max_length: Tokens read of a chunk of a text.
        chunks: Chunks read of a text.
        device: A torch device, or "auto".

    Raises:
        WeightsError: It is no such file, or has fewer layers.
    """

    def __init__(self, path: Path, layer: int, max_length: int, *, chunks: int = 1, device: str = "auto") -> None:
        file = Gguf(path)
        if file.fields.get("general.architecture") != "llama":
            raise WeightsError(f"{path} holds a {file.fields.get('general.architecture')!r}, expected a 'llama'.")
        if layer > file.fields["llama.block_count"]:
            raise WeightsError(f"{path} has {file.fields['llama.block_count']} layers; `layer` asks for {layer}.")
        self._tokenizer = _tokenizer(file, max_length)
        self._device = engine.device(device)
        self._model = _model(file, layer).to(self._device)
        self._chunks = chunks
        self.dim = int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim), rows of length 1."""
        found = self._tokenizer.encode_batch(list(texts))
        chunked = Chunked([cut(encoded, self._chunks) for encoded in found])
        return chunked.mean(engine.in_batches(chunked.tokens, batch, self._forward, chunked.sizes))

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        import torch

        ids, mask = (torch.from_numpy(table).to(self._device) for table in padded(tokens))
        hidden = self._model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state.float()
        weight = mask.float()
        weight[:, 0] *= (mask.sum(1) == 1).float()  # the first token is where attention rests: it says nothing
        even = torch.nn.functional.normalize(hidden, dim=2)
        vectors = torch.nn.functional.normalize((even * weight[:, :, None]).sum(1), dim=1)
        result: NDArray[np.float32] = vectors.cpu().numpy()
        return result


def _model(file: Gguf, layer: int) -> Any:
    """The model without its last norm, in eval mode."""
    import torch

    transformers = engine.import_transformers()
    said = {name.removeprefix("llama."): value for name, value in file.fields.items()}
    config = transformers.LlamaConfig(
        vocab_size=said["vocab_size"],
        hidden_size=said["embedding_length"],
        intermediate_size=said["feed_forward_length"],
        num_hidden_layers=layer,
        num_attention_heads=said["attention.head_count"],
        num_key_value_heads=said["attention.head_count_kv"],
        max_position_embeddings=said["context_length"],
        rms_norm_eps=said["attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": said["rope.freq_base"]},
        rope_theta=said["rope.freq_base"],
    )
    model = transformers.LlamaModel(config)
    model.norm = torch.nn.Identity()
    model.load_state_dict({name: torch.from_numpy(found) for name, found in _tensors(file, layer)})
    return model.eval()


def _tensors(file: Gguf, layer: int) -> list[tuple[str, NDArray[np.float32]]]:
    heads, keys = (int(file.fields[f"llama.attention.{name}"]) for name in ("head_count", "head_count_kv"))
    turned = {"self_attn.q_proj": heads, "self_attn.k_proj": keys}
    found = [("embed_tokens.weight", file.tensor("token_embd.weight"))]
    for number in range(layer):
        for ours, theirs in PARTS.items():
            whole = file.tensor(f"blk.{number}.{theirs}.weight")
            found.append(
                (f"layers.{number}.{ours}.weight", _unturned(whole, turned[ours]) if ours in turned else whole)
            )
    return found


def _unturned(whole: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """GGUF has the halves of a head's rotating rows side by side; transformers one after the other."""
    half = len(whole) // heads // 2
    return np.ascontiguousarray(whole.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(whole.shape))


def _tokenizer(file: Gguf, max_length: int) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = file.fields["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ", 1)) for pair in file.fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({word: at for at, word in enumerate(words)}, merges))
    digits, parts = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, parts])
    tokenizer.enable_truncation(max_length)
    return tokenizer
