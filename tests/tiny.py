"""Small models of transformers with random weights, saved as the real ones are."""

import json
import string

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *string.printable.strip(), "piano", "cookbook", "bluetooth", "sound"]
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
VISION = {**SMALL, "image_size": 32, "patch_size": 8}
TEXT = {**SMALL, "vocab_size": len(WORDS), "max_position_embeddings": 24}


def tokenizer(folder, *, marks=True, **more):
    """Words of letters, as a fast tokenizer of transformers."""
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    parts = [pre_tokenizers.Whitespace(), pre_tokenizers.Split("", "isolated")]
    made.pre_tokenizer = pre_tokenizers.Sequence(parts)
    if marks:
        made.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", **more).save_pretrained(folder)


def save(folder, model, processor=None, **words):
    """The model, its processor, and a tokenizer unless it reads none."""
    model.eval().save_pretrained(folder)
    if processor is not None:
        processor.save_pretrained(folder)
    if words or processor is None:
        tokenizer(folder, **words)


def bert(folder, pooling=""):
    from transformers import BertConfig, BertModel

    save(folder, BertModel(BertConfig(**TEXT)))
    if pooling:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{pooling}": True}))


def qwen(folder):
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(**TEXT, num_key_value_heads=2, head_dim=8, tie_word_embeddings=True)
    save(folder, Qwen3ForCausalLM(config), marks=False)


def resnet(folder):
    from transformers import ResNetConfig, ResNetModel
    from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil

    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    save(folder, ResNetModel(config), ConvNextImageProcessorPil(size={"shortest_edge": 32}))


def vit(folder, *, pooler=True):
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    model = ViTModel(ViTConfig(**VISION), add_pooling_layer=pooler)
    save(folder, model, ViTImageProcessorPil(size={"height": 32, "width": 32}))


def dino(folder):
    from transformers import Dinov2Config, Dinov2Model
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

    sizes = {"size": {"shortest_edge": 36}, "crop_size": {"height": 32, "width": 32}}
    save(folder, Dinov2Model(Dinov2Config(**VISION)), BitImageProcessorPil(**sizes))


def clip(folder):
    from transformers import CLIPConfig, CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    text = {**TEXT, "bos_token_id": 1, "eos_token_id": 2}
    config = CLIPConfig(text_config=text, vision_config=VISION, projection_dim=12)
    sizes = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    save(folder, CLIPModel(config), CLIPImageProcessorPil(**sizes), model_max_length=24)


def siglip(folder):
    from transformers import SiglipConfig, SiglipModel
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    config = SiglipConfig(text_config={**TEXT, "projection_size": 16}, vision_config=VISION)
    save(folder, SiglipModel(config), SiglipImageProcessorPil(size={"height": 32, "width": 32}), model_max_length=24)


def clap(folder):
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    text = {**TEXT, "max_position_embeddings": 26, "pad_token_id": 0, "projection_dim": 12}
    sound = {
        "patch_embeds_hidden_size": 8,
        "hidden_size": 16,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "num_hidden_layers": 2,
        "spec_size": 64,
        "num_mel_bins": 16,
        "window_size": 4,
        "patch_size": 4,
        "patch_stride": [4, 4],
        "projection_dim": 12,
        "enable_fusion": False,
    }
    model = ClapModel(ClapConfig(text_config=text, audio_config=sound, projection_dim=12))
    heard = ClapFeatureExtractor(
        truncation="rand_trunc",
        feature_size=16,
        sampling_rate=16_000,
        hop_length=160,
        fft_window_size=1024,
        max_length_s=1,
        frequency_max=7_000,
    )
    save(folder, model, heard, model_max_length=24)


def ast(folder):
    from transformers import ASTConfig, ASTFeatureExtractor, ASTModel

    model = ASTModel(ASTConfig(**SMALL, patch_size=8, max_length=64, num_mel_bins=16))
    save(folder, model, ASTFeatureExtractor(num_mel_bins=16, max_length=64))


def wav2vec2(folder):
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    config = Wav2Vec2Config(
        **SMALL,
        conv_dim=(8, 8),
        conv_stride=(10, 8),
        conv_kernel=(20, 16),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
    )
    save(folder, Wav2Vec2Model(config), Wav2Vec2FeatureExtractor(do_normalize=True))


def build(kind, folder, **how):
    """The folder, with the model called `kind` in it; the same weights each time."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    {f.__name__: f for f in (bert, qwen, resnet, vit, dino, clip, siglip, clap, ast, wav2vec2)}[kind](folder, **how)
    return str(folder)
