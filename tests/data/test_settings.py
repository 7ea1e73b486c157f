"""Settings of reading: every wrong one is refused in words."""

import pytest

from tables import folder, read
from tastemaker.core import BadSetting, DataError, settings_of
from tastemaker.data.settings import DataSettings, settings_from

DATA = "user_id,item_id,rating\nu,1,4\nv,1,3\n"


@pytest.mark.parametrize(
    ("toml", "error", "message"),
    [
        ("[data\n", DataError, "not valid TOML"),
        ("data = 3\n", BadSetting, "must be a table"),
        ("[data]\nrepeat = 'all'\n", BadSetting, "Did you mean 'repeats'"),
        ("[data]\nrepeats = 'some'\n", BadSetting, "'merge', 'last', 'first' or 'all'"),
        ("[data]\ncore = -1\n", BadSetting, "greater than or equal to 0"),
        ("[data]\ncore = 'five'\n", BadSetting, "core"),
        ("[data]\ncolumns = ['user_id']\n", BadSetting, "columns"),
        ("[data.columns]\nuserid = 'x'\n", BadSetting, "Did you mean 'user_id'"),
        ("[data.columns]\nuser_id = 3\n", BadSetting, "columns.user_id"),
        ("[data.events]\nview = 'much'\n", BadSetting, "events.view"),
        ("[data.events]\nview = inf\n", BadSetting, "finite"),
        ("[data]\nrating_range = [5, 1]\n", BadSetting, "lowest rating must be below"),
        ("[data]\nrating_range = [5]\n", BadSetting, "rating_range"),
        ("[data]\noutliers = -1\n", BadSetting, "outliers"),
        ("[data]\npositive_from = nan\n", BadSetting, "positive_from"),
    ],
)
def test_a_wrong_file_of_settings_ends_in_a_sentence(tmp_path, toml, error, message):
    with pytest.raises(error, match=message) as caught:
        read(folder(tmp_path, DATA, toml=toml))
    assert "tastemaker.toml" in str(caught.value)


def test_settings_that_are_no_utf_8_are_refused(tmp_path):
    folder(tmp_path, DATA)
    (tmp_path / "tastemaker.toml").write_bytes(b"[data]\n# \xff\xfe\n")
    with pytest.raises(DataError, match="not valid TOML"):
        read(tmp_path)


def test_other_tables_of_the_file_are_not_ours(tmp_path):
    assert read(folder(tmp_path, DATA, toml='model = "popular"\n[data]\ncore = 0\n')).data.explicit


def test_settings_are_plain_values_and_come_back():
    settings = DataSettings(columns={"text": "plot"}, events={"view": 0.5}, rating_range=(1, 5), core=3)
    assert settings_of(settings_from(settings_of(settings), "here")) == settings_of(settings)
