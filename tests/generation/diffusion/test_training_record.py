"""A model is refused once an image it was trained on leaves the training split."""

import json

import pytest

from hpefair.errors import SettingsError
from hpefair.generation.diffusion.training_record import NAME, check, record

IDS = ["a/1", "a/2", "b/3"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / NAME).write_text(json.dumps(record(IDS, builtin=False)))
    return str(tmp_path)


def test_images_in_the_training_split_are_fine(folder):
    check(folder, [*IDS, "c/4"])


@pytest.mark.parametrize("left", [IDS[1:], [], ["a/1", "a/2", "b/33"]])
def test_an_image_that_is_gone_makes_the_model_unusable(folder, left):
    with pytest.raises(SettingsError, match=rf"{3 - len(set(left) & set(IDS))} of 3 images"):
        check(folder, left)


def test_builtin_people_need_no_protection_and_other_weights_have_no_record(tmp_path):
    check(str(tmp_path), [])
    check("some/model", [])
    (tmp_path / NAME).write_text(json.dumps(record(IDS, builtin=True)))
    check(str(tmp_path), [])


def test_a_record_depends_on_the_images_alone_and_does_not_name_them():
    first, again = record(IDS, False), record([*reversed(IDS), "a/1"], False)
    assert first == again
    assert record(IDS[:2], False)["digest"] != first["digest"]
    assert "a/1" not in json.dumps(first)
