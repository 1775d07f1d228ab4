"""Bad image files are found before they are used."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from hpefair.data import images
from hpefair.errors import InputError


@pytest.fixture
def jpeg(tmp_path):
    """A 64 x 48 photograph-like file."""
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    return path


def test_a_good_file_has_no_fault(jpeg):
    """Size as stated, pixels complete."""
    assert images.fault(jpeg, 64, 48, 10_000) is None


def test_a_truncated_jpeg_is_found(jpeg):
    """Half a file decodes to half a picture: refused."""
    jpeg.write_bytes(jpeg.read_bytes()[:600])
    assert "cannot be decoded" in images.fault(jpeg, 64, 48, 10_000)


def test_a_text_file_named_jpg_is_found(jpeg):
    """Not an image at all."""
    jpeg.write_text("hello")
    assert "cannot be decoded" in images.fault(jpeg, 64, 48, 10_000)
    with pytest.raises(InputError, match="cannot be decoded"):
        images.read_rgb(jpeg)


def test_a_missing_file_is_found(tmp_path):
    """Named as missing."""
    assert "missing" in images.fault(tmp_path / "none.jpg", 1, 1, 10)


def test_a_wrong_size_is_found(jpeg):
    """Annotations of another resolution would be silently wrong."""
    assert "64 x 48" in images.fault(jpeg, 640, 480, 10_000_000)


def test_a_gigantic_header_is_refused_before_a_pixel_is_decoded(tmp_path):
    """A 40,000 x 40,000 PNG header in a file of a hundred bytes."""
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    )
    assert "ingest.max_pixels" in images.fault(path, 40_000, 40_000, 100_000_000)


def test_exif_rotation_is_ignored(tmp_path):
    """COCO annotates the stored raster, not what a viewer turns it into."""
    from PIL import Image

    picture = Image.fromarray(np.zeros((20, 40, 3), np.uint8))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert images.read_rgb(tmp_path / "turned.jpg").shape == (20, 40, 3)


def test_png_round_trip_is_exact(tmp_path):
    """Generated people are stored without loss."""
    pixels = np.random.default_rng(1).integers(0, 255, (9, 7, 3), dtype=np.uint8)
    images.write_png(tmp_path / "x" / "a.png", pixels)
    np.testing.assert_array_equal(images.read_rgb(tmp_path / "x" / "a.png"), pixels)
