"""Settings: one schema, layers over each other, unknown keys refused."""

from pathlib import Path

import pytest

from tastemaker.actions.config import load_config
from tastemaker.core import BadSetting, DataError
from tastemaker.features.catalog import ENCODERS
from tastemaker.models.catalog import RECOMMENDERS


def test_the_file_goes_over_the_folder_and_the_command_over_both(tmp_path):
    (tmp_path / "tastemaker.toml").write_text('split = "last"\nk = 5\n[model]\nname = "item_knn"\nshrink = 7.0\n')
    (tmp_path / "mine.toml").write_text("k = 6\n")
    found = load_config(tmp_path, tmp_path / "mine.toml", split="random")
    assert (found.split, found.k) == ("random", 6)
    assert load_config(tmp_path, model="item_knn").model == {"name": "item_knn", "shrink": 7.0}
    assert load_config(tmp_path, model="popular").model == "popular"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("splitt = 'time'", "unknown key 'splitt'. Did you mean 'split'"),
        ("k = 0", "k: Input should be greater than or equal to 1"),
        ("k = 'ten'", "k: Input should be a valid integer"),
        ("k = ", "is not valid TOML"),
        ("model = 3", "model"),
        ("encoders = 'minilm'", "encoders"),
        ("[data]\nrepeat = 'all'", "repeat"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key(tmp_path, text, message):
    (tmp_path / "tastemaker.toml").write_text(text)
    with pytest.raises((BadSetting, DataError)) as error:
        load_config(tmp_path)
    assert message in str(error.value)
    assert "tastemaker.toml" in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="There is no settings file"):
        load_config(tmp_path, tmp_path / "other.toml")


def test_the_reference_preset_names_what_exists(tmp_path):
    found = load_config(tmp_path, Path("reference"))
    assert [ENCODERS.build(spec).name for spec in found.encoders] == ["bert", "resnet"]
    assert RECOMMENDERS.build(found.model).hidden == 128
