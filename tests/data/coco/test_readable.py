"""A picture is readable where what reads it in training can read it."""

import cv2
import numpy as np
import pytest

from hpefair.data import images
from hpefair.errors import InputError


def test_truncated_missing_and_foreign_files_are_not_readable(tmp_path):
    """Whatever reading refuses, and nothing that it does not."""
    whole = tmp_path / "whole.jpg"
    cv2.imwrite(str(whole), np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    (tmp_path / "half.jpg").write_bytes(whole.read_bytes()[:3000])
    (tmp_path / "text.jpg").write_text("no picture")
    assert images.readable(whole)
    for name in ("half.jpg", "text.jpg", "nosuch.jpg"):
        try:
            images.read_rgb(tmp_path / name)
            read = True
        except InputError:
            read = False
        assert images.readable(tmp_path / name) == read
    with pytest.raises(InputError):
        images.read_rgb(tmp_path / "text.jpg")
