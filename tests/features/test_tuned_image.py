"""EfficientNet opened up: its stages have the widths that are said, and its features are the encoder's."""

import numpy as np
import pytest
import torch

from drawn import pictures
from tastemaker.core import TastemakerError, spec_of
from tastemaker.features.image.efficientnet import EfficientNet
from tastemaker.features.tuned import saved
from tastemaker.features.tuned.encoder import Tuned
from tastemaker.features.tuned.side import SideNet
from tastemaker.features.tuned.states import States


@pytest.fixture(scope="module")
def base():
    encoder = EfficientNet(threads=1)
    try:
        encoder.fingerprint()
        encoder.encode(pictures()[:1])
    except TastemakerError as error:
        pytest.skip(f"weights not pulled: {error}")
    return encoder


def test_the_last_states_are_the_vectors(base):
    states = States(base, 128)
    found = states.encode(pictures())
    assert found.shape == (len(pictures()), sum(states.open.widths))
    np.testing.assert_allclose(found[:, -1280:], base.encode(pictures()), atol=1e-4)
    assert np.isfinite(found).all()


def test_an_untrained_side_network_gives_the_frozen_vectors_scaled(base, tmp_path):
    side = SideNet(States(base, 128).open.widths, inner=8)
    side.settle(torch.from_numpy(States(base, 128).encode(pictures())))
    kind = saved.Manifest(spec_of(base), base.fingerprint(), "image", "side", 128, {"inner": 8})
    saved.write(tmp_path / "tuned", kind, side.state_dict())
    frozen = base.encode(pictures())
    tuned = Tuned(source="image", folder=str(tmp_path / "tuned")).encode(pictures())
    scaled = frozen / np.linalg.norm(frozen, axis=1, keepdims=True)
    np.testing.assert_allclose(tuned, np.hstack([scaled, scaled]) / np.sqrt(2), atol=1e-4)
