"""EfficientNet-Lite0: folding changes nothing, like pictures lie close, odd shapes are safe."""

import io

import numpy as np
import pytest
from PIL import Image

from drawn import checks, disc
from tastemaker.core import DataError, WeightsError
from tastemaker.features import weights
from tastemaker.features.image.efficientnet import FILE, EfficientNet
from tastemaker.features.image.pixels import MEAN, STD, square
from tastemaker.features.media_image import decode_image

try:
    weights.folder("efficientnet")
    HERE = True
except WeightsError:
    HERE = False
pulled = pytest.mark.skipif(not HERE, reason="weights not pulled: tastemaker weights pull efficientnet")


@pytest.fixture(scope="module")
def efficientnet():
    return EfficientNet(threads=1)


@pulled
def test_like_pictures_lie_closer_than_others(efficientnet):
    pictures = [disc(300), disc(240, shift=0.05, colour=(240, 120, 30)), checks(300, 300, 20)]
    vectors = efficientnet.encode(pictures)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] > 0.8
    assert vectors[0] @ vectors[2] < 0.5


@pulled
def test_folding_changes_rounding_only(efficientnet):
    import torch
    from efficientnet_lite_pytorch import EfficientNet as Plain

    plain = Plain.from_name("efficientnet-lite0")
    plain.load_state_dict(torch.load(weights.folder("efficientnet") / FILE, weights_only=True))
    pixels = torch.from_numpy(square(disc(300), 256, 224)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        expected = plain.eval().extract_features(pixels).mean((2, 3)).numpy()
    np.testing.assert_allclose(efficientnet.encode([disc(300)]), expected, atol=1e-4)


@pulled
def test_loading_prints_nothing(efficientnet, capfd):
    EfficientNet(threads=1).encode([disc(64)])
    assert capfd.readouterr() == ("", "")


def test_damaged_weights_are_named(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a checkpoint")
    with pytest.raises(WeightsError, match="does not hold the weights of EfficientNet"):
        EfficientNet(folder=str(tmp_path)).encode([disc(64)])


def test_the_square_is_the_middle_of_the_resized_picture():
    picture = np.concatenate([disc(300), checks(300, 100, 50)], axis=1)  # 300 x 400
    wide = Image.fromarray(picture).resize((341, 256), Image.Resampling.BICUBIC)
    left = round((341 - 224) / 2)
    expected = np.asarray(wide.crop((left, 16, left + 224, 240)), np.float32) / 255
    got = square(picture, 256, 224) * STD + MEAN
    assert np.abs(got - expected).mean() < 0.03  # equal but for less than a pixel of shift


def plain(picture):
    """The usual way: resize the whole, cut the middle."""
    image = Image.fromarray(picture)
    scale = 256 / min(image.size)
    image = image.resize([max(256, round(edge * scale)) for edge in image.size], Image.Resampling.BICUBIC)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    return np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)


SHAPES = [(332, 224), (335, 224), (268, 182), (90, 91), (256, 300), (400, 301), (1000, 777), (301, 900), (256, 256)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_square_has_the_pixels_of_resizing_and_cutting(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for given in (picture, picture.transpose(1, 0, 2)):
        far = np.abs((square(given, 256, 224) * STD + MEAN) * 255 - plain(given))
        assert far.mean() < 0.5  # noise, and Pillow may resize the whole down before across
        assert np.percentile(far, 99) < 5


@pytest.mark.parametrize("shape", [(700, 300), (300, 701), (600, 800), (1001, 900), (256, 300)])
def test_decoding_to_the_middle_moves_no_pixel(shape):
    picture = np.asarray(
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)).resize(shape[::-1])
    )
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "PNG")
        wide, cut = decode_image(file, 256), decode_image(file, 256, long=1)
    assert cut.shape == (256, 256, 3)
    for found in (wide, cut):
        far = np.abs((square(found, 256, 224) * STD + MEAN) * 255 - plain(picture))
        assert far.max() < 3


@pytest.mark.parametrize("shape", [(332, 224), (224, 335), (200, 100)])
def test_decoding_leaves_small_pictures_whole(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "PNG")
        np.testing.assert_array_equal(decode_image(file, 256, long=1), picture)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 2), (224, 224), (3000, 3000)])
def test_any_size_gives_the_square(shape):
    values = square(np.full((*shape, 3), 128, np.uint8), 256, 224)
    assert values.shape == (224, 224, 3)
    np.testing.assert_allclose(values, np.broadcast_to((128 / 255 - MEAN) / STD, values.shape), atol=1e-5)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(DataError, match="must be uint8 of shape"):
        square(picture, 256, 224)
