"""What a few CPU minutes teach the small diffusion model: denoising, and whether its people stand as they were asked.

The judge is a small network that tells a person's skeleton from pixels alone; it learns on photographs (here: rendered
ones) of other people and never sees a generated picture while it learns.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import report, row
from hpefair.commands.models import train_diffusion
from hpefair.commands.models.train_diffusion import Source
from hpefair.core.splits import unit_hash
from hpefair.data import images
from hpefair.generation.diffusion import pipelines
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.diffusion.pose_pipeline import untrained
from hpefair.generation.diffusion.starts import GROWN
from hpefair.generation.diffusion.tiny_data import Crops, cut
from hpefair.generation.diffusion.tiny_training import Recipe, folded, picture_loss
from hpefair.settings.diffusion import DiffusionPipeline
from hpefair.synthetic.dataset import Request, make_dataset

HELD_OUT = 0.1
JUDGE_STEPS = 250
COLUMNS = 14


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--data", type=Path, help="COCO folder; 1,500 built-in people by default")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--sheet", type=Path, help="write pictures to this file")
    return parser.parse_args()


def heat(conditions):
    """Blurred skeleton (N, S, S) from 0 to 1."""
    lines = conditions[..., :3].max(axis=-1).astype(np.float32) / 255
    return np.stack([cv2.GaussianBlur(one, (0, 0), one.shape[0] / 40) for one in lines])


class Judge(nn.Module):
    """Skeleton heat (B, S, S) of pictures (B, 3, S, S)."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([self.block(3, 24), self.block(24, 48), self.block(48, 96), self.block(96, 128)])
        self.up = nn.ModuleList([self.block(128 + 96, 96), self.block(96 + 48, 48), self.block(48 + 24, 24)])
        self.last = nn.Conv2d(24, 1, 1)

    @staticmethod
    def block(before, after):  # noqa: D102
        return nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(),
        )  # fmt: skip

    def forward(self, pictures):  # noqa: D102
        seen, kept = pictures, []
        for block in self.down:
            seen = block(seen if not kept else functional.max_pool2d(seen, 2))
            kept.append(seen)
        for block, beside in zip(self.up, kept[-2::-1], strict=True):
            seen = block(torch.cat([functional.interpolate(seen, scale_factor=2), beside], dim=1))
        return self.last(seen)[:, 0]


def train_judge(crops):
    torch.manual_seed(0)
    judge, rng = Judge().to(memory_format=torch.channels_last), np.random.default_rng(0)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=JUDGE_STEPS)
    judge.train()
    for _ in range(JUDGE_STEPS):
        which, flip = rng.integers(len(crops), size=24), rng.random(24) < 0.5
        pixels = np.where(flip[:, None, None, None], crops.pixels[which, :, ::-1], crops.pixels[which])
        shown = np.where(flip[:, None, None, None], crops.mirrored[which], crops.conditions[which])
        pixels = pixels * rng.uniform(0.8, 1.2, (24, 1, 1, 3)) + rng.normal(0, 6, pixels.shape)
        loss = functional.mse_loss(judge(tensor(pixels)), torch.from_numpy(heat(shown)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return judge.eval()


def tensor(pixels):
    return torch.from_numpy(np.asarray(pixels, np.float32)).permute(0, 3, 1, 2).contiguous() / 127.5 - 1


@torch.inference_mode()
def agreement(judge, pixels, conditions):
    """Mean correlation of the skeleton that the judge sees with the skeleton that was asked for."""
    seen = torch.cat([judge(tensor(pixels[k : k + 32])) for k in range(0, len(pixels), 32)]).numpy()
    pairs = zip(seen, heat(conditions), strict=True)
    return float(np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]))


@torch.inference_mode()
def denoising(pipeline, crops, shift=0):
    """Error of the predicted pictures on people it has not seen; `shift` gives everybody somebody else's condition."""
    shown = np.roll(crops.conditions, shift, axis=0)
    losses = [
        picture_loss(
            pipeline.unet, pipeline.scheduler, (folded(crops.pixels[k : k + 16]), folded(shown[k : k + 16])),
            torch.Generator().manual_seed(k), "cpu",
        )
        for k in range(0, len(crops) - 15, 16)
    ]  # fmt: skip
    return float(np.mean(losses))


def generate(pipeline, crops, seed):
    """Pictures (N, S, S, 3), every person from their own generator."""
    out = []
    for first in range(0, len(crops), 16):
        shown = crops.conditions[first : first + 16]
        pictures = [Image.fromarray(one[..., k : k + 3]) for one in shown for k in (0, 3)]
        generators = [torch.Generator().manual_seed(seed * 100_000 + first + k) for k in range(len(shown))]
        out.append(pipeline(pictures, num_inference_steps=25, generator=generators).images)
    return np.rint(np.concatenate(out) * 255).astype(np.uint8)


def sheet(path, crops, rows):
    bands = [crops.conditions[..., :3], crops.conditions[..., 3:], crops.pixels, *rows]
    picture = np.concatenate([np.concatenate(list(band[:COLUMNS]), axis=1) for band in bands])
    images.write_png(path, np.ascontiguousarray(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)))


def main():
    given = arguments()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        data = given.data or Path(scratch) / "people"
        if not given.data:
            shares = {"age_band": dict.fromkeys(GROWN, 1 / len(GROWN))}
            make_dataset(data, Request(1500, 12, 2 * given.side, 1, shares, crowds=(1.0,)))
        source = train_diffusion.from_folder(data)
        held = (
            source.people["image_id"].map(lambda name: unit_hash("held out", name) < HELD_OUT) & source.people["wanted"]
        )
        learnt = Source(source.people.assign(wanted=source.people["wanted"] & ~held), source.builtin)
        unseen, seen = cut(source.people.assign(wanted=held), given.side), cut(learnt.people, given.side)
        start, out = time.process_time(), Path(scratch) / "tiny"
        train_diffusion.train(learnt, out, given.side, Recipe(steps=given.steps), "cpu", lambda *_: None)
        seconds = time.process_time() - start
        settings = {"class": train_diffusion.DOTTED, "weights": str(out), "license": "none"}
        trained = pipelines.load(DiffusionPipeline.model_validate(settings), from_environment())
    rows, pictures = measured(trained, untrained(given.side), seen, unseen)
    what = [row("training, CPU seconds", seconds, "s"), row("training people", len(seen), "people")]
    report(f"small diffusion model, {len(unseen)} held-out people", [*what, *rows], given.json)
    if given.sheet:
        sheet(given.sheet, unseen, pictures)


def measured(trained, fresh, seen: Crops, unseen: Crops):
    fresh.set_progress_bar_config(disable=True)
    judge = train_judge(seen)
    real = unseen.conditions
    pictures = [generate(fresh, unseen, 0), generate(trained, unseen, 0), generate(trained, unseen, 1)]
    other = np.roll(real, 1, axis=0)
    return [
        row("denoising error, untrained", denoising(fresh, unseen), "MSE"),
        row("denoising error, trained", denoising(trained, unseen), "MSE"),
        row("denoising error, trained, another's pose", denoising(trained, unseen, 1), "MSE"),
        row("pose agreement, the photographs themselves", agreement(judge, unseen.pixels, real), "r"),
        row("pose agreement, trained", agreement(judge, pictures[1], real), "r"),
        row("pose agreement, trained, with another's pose", agreement(judge, pictures[1], other), "r"),
        row("pose agreement, untrained", agreement(judge, pictures[0], real), "r"),
    ], pictures


if __name__ == "__main__":
    main()
