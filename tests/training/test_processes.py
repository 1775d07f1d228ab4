"""Real processes: several that share a batch, and one that is killed in the middle."""

import os
import subprocess
import sys

import pandas as pd
import pytest
from safetensors.torch import load_file

from tests.command_line import hpefair
from tests.waiting import end_of, ended, running, wait_for

# One step's gradient is the same to rounding. Adam divides by its own size, so rounding grows with the learning rate:
# with this one six steps may differ by less than a step moves.
FLAGS = [
    "--labels", "labels.csv", "--by", "gender_presentation", "--steps", "6", "--batch", "7", "--validation", "0.2",
    "--learning-rate", "0.0001", "--size", "48x64",
]  # fmt: skip
TOLERANCE = 2e-4
KINDS = [["--objective", "group_dro"], ["--estimator", "yolo_pose", "--option", "side=64", "--objective", "cvar"]]


def run_two(folder, *words):
    """Train in a folder with two processes."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    two = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [sys.executable, *two, "-m", "hpefair", "train", ".", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]


@pytest.mark.parametrize("kind", KINDS, ids=["crops", "pictures"])
def test_two_processes_end_where_one_does(kind, tiny_coco, tmp_path):
    """An uneven batch of 7, group weights over everybody, statistics over everybody: the same curve and weights."""
    train_twice([*kind, "--precision", "fp32"], tiny_coco, tmp_path)
    one, other = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    for key, value in one.items():
        scale = max(1.0, float(value.double().abs().max()))
        assert float((value.double() - other[key].double()).abs().max()) < TOLERANCE * scale, key
    for table in ("curve", "curve_by_group", "validation"):
        left, right = (pd.read_parquet(tmp_path / name / f"{table}.parquet") for name in ("one", "two"))
        pd.testing.assert_frame_equal(left, right, rtol=2e-3)


def test_two_processes_in_bfloat16(tiny_coco, tmp_path):
    """A product of bfloat16 numbers is right to one part in 256, and so are losses; weights differ by more."""
    train_twice([*KINDS[0], "--precision", "bf16"], tiny_coco, tmp_path)
    left, right = (pd.read_parquet(tmp_path / name / "curve.parquet")["loss"] for name in ("one", "two"))
    assert right.to_numpy() == pytest.approx(left.to_numpy(), rel=1 / 128)


def train_twice(words, tiny_coco, tmp_path):
    """The same training with one process, and with two."""
    hpefair("train", ".", *FLAGS, *words, "--out", tmp_path / "one", cwd=tiny_coco)
    run_two(tiny_coco, *FLAGS, *words, "--out", str(tmp_path / "two"))


def test_a_killed_training_goes_on_to_the_same_weights(tiny_coco, tmp_path):
    """SIGKILL between checkpoints, in the middle of an epoch; the same command again ends to the bit as another."""
    words = ["--steps", "220", "--batch", "4", "--size", "32x32", "--validation", "0", "--precision", "fp32"]
    hpefair("train", ".", *words, "--out", tmp_path / "whole", cwd=tiny_coco)
    command = [sys.executable, "-m", "hpefair", "train", ".", *words, "--out", str(tmp_path / "killed")]
    log = tmp_path / "killed.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=tiny_coco, stdout=file, stderr=file)

    def saved():
        running(process, "its first checkpoint", log)
        return list(tmp_path.glob(".killed.work/*/checkpoint.pt"))

    try:
        wait_for(saved, "the first checkpoint", 300, every=0.02, shown=lambda: end_of(log))
    finally:
        process.kill()
    ended(process, "the training, which was killed")
    assert not (tmp_path / "killed").exists()
    hpefair("train", ".", *words, "--out", tmp_path / "killed", cwd=tiny_coco)
    one, other = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "killed"))
    assert all((one[key] == other[key]).all() for key in one)
    assert not list(tmp_path.glob(".*.work"))
