"""Names of encoders."""

from tastemaker.core import Catalog
from tastemaker.features.base import Encoder

ENCODERS: Catalog[Encoder] = Catalog("encoder")


@ENCODERS.entry("minilm")
def _minilm() -> type[Encoder]:
    from tastemaker.features.text.minilm import MiniLM

    return MiniLM


@ENCODERS.entry("use")
def _use() -> type[Encoder]:
    from tastemaker.features.text.use import USE

    return USE


@ENCODERS.entry("tfidf")
def _tfidf() -> type[Encoder]:
    from tastemaker.features.text.tfidf import TfIdf

    return TfIdf


@ENCODERS.entry("smollm")
def _smollm() -> type[Encoder]:
    from tastemaker.features.text.smollm import SmolLM

    return SmolLM


@ENCODERS.entry("efficientnet")
def _efficientnet() -> type[Encoder]:
    from tastemaker.features.image.efficientnet import EfficientNet

    return EfficientNet


@ENCODERS.entry("musicnn")
def _musicnn() -> type[Encoder]:
    from tastemaker.features.audio.musicnn import MusiCNN

    return MusiCNN


@ENCODERS.entry("bert")
def _bert() -> type[Encoder]:
    from tastemaker.features.text.bert import Bert

    return Bert


@ENCODERS.entry("resnet")
def _resnet() -> type[Encoder]:
    from tastemaker.features.image.resnet import ResNet

    return ResNet


@ENCODERS.entry("vggish")
def _vggish() -> type[Encoder]:
    from tastemaker.features.audio.vggish import VGGish

    return VGGish


@ENCODERS.entry("hf")
def _hf() -> type[Encoder]:
    from tastemaker.features.hf.hf import HF

    return HF


@ENCODERS.entry("openai")
def _openai() -> type[Encoder]:
    from tastemaker.features.text.openai import OpenAI

    return OpenAI


@ENCODERS.entry("onnx")
def _onnx() -> type[Encoder]:
    from tastemaker.features.onnx.onnx import Onnx

    return Onnx


@ENCODERS.entry("video")
def _video() -> type[Encoder]:
    from tastemaker.features.video.video import Video

    return Video


@ENCODERS.entry("attributes")
def _attributes() -> type[Encoder]:
    from tastemaker.features.attributes import Attributes

    return Attributes


@ENCODERS.entry("vectors")
def _vectors() -> type[Encoder]:
    from tastemaker.features.vectors import Vectors

    return Vectors


@ENCODERS.entry("tuned")
def _tuned() -> type[Encoder]:
    from tastemaker.features.tuned.encoder import Tuned

    return Tuned
