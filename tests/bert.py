"""A small random BERT with a tokenizer, in the layout of the Hugging Face hub."""

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from shop import WORDS

MARKS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]


def write_bert(folder, layers=2, width=16, seed=0):
    """Write one that knows the words of the shop."""
    from transformers import BertConfig, BertModel

    words = [*MARKS, "Thing", "big", "new", "small", *(word for topic in WORDS.values() for word in topic)]
    sizes = {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": 32}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=24, **sizes))
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
