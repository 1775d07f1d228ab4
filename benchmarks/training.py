"""How fast training is: the engine against a bare loop, the default net against plainer ways of running it.

CPU seconds of this process on one thread, least of several runs in turn, so that other work on the machine weighs on
all alike. On a machine with a GPU the ResNet-size net runs there as well, and a matrix multiplication
by itself.
"""

import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import arguments, report, row
from benchmarks.trials import people
from hpefair.core.pose.skeletons import COCO_17
from hpefair.estimators.protocol import make
from hpefair.estimators.yolo_pose import NECK, YoloPose
from hpefair.networks.backbones import Pyramid, SmallBackbone
from hpefair.prediction.inputs import normalize
from hpefair.settings.params import load as load_params
from hpefair.synthetic.dataset import Request, make_dataset
from hpefair.training.batches import Batches
from hpefair.training.crops import CropView
from hpefair.training.engine import Recipe, fit
from hpefair.training.precision import UNITS, fastest, processor_flags
from hpefair.training.training_set import TrainingSet

ROOT = Path(__file__).resolve().parent.parent
SIZE, BATCH, STEPS, REPEATS = (96, 128), 32, 12, 3
LIKE_YOLO11N = (40, 72, 144, 208, 256)  # widths that give about the 2.9 million parameters of yolo11n-pose


def passes(model: torch.nn.Module, size: tuple[int, int], half: bool, last: bool, batch: int = BATCH) -> float:
    """CPU seconds of a forward and backward pass and an optimizer step on random crops, least of several."""
    layout = torch.channels_last if last else torch.contiguous_format
    model = model.train().to(memory_format=layout)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    pixels = torch.randn(batch, 3, size[1], size[0]).contiguous(memory_format=layout)
    best = float("inf")
    for _ in range(REPEATS + 1):
        start = time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            outputs = model(pixels)
        next(iter(outputs.values())).float().square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        best = min(best, time.process_time() - start)
    return best / batch


def bare(view: CropView, recipe: Recipe) -> float:
    """CPU seconds of the plainest loop that learns the same from the same batches."""
    torch.manual_seed(0)
    model = make("heatmap", SIZE, COCO_17).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.settings.learning_rate)
    batches = Batches(view, model, recipe.augmentation, recipe.settings.batch, recipe.seed)
    start = time.process_time()
    for step in range(recipe.settings.steps):
        batch = batches.make(step)
        loss = model.losses(model(normalize(batch.pixels)), batch.targets).person.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.process_time() - start


def whole(table: pd.DataFrame, recipe: Recipe, folder: Path) -> float:
    """CPU seconds of the engine's loop, from the first step to the last; reading pictures comes before."""
    torch.manual_seed(0)
    model = make("heatmap", SIZE, COCO_17)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    marks: list[float] = []
    fit(model, TrainingSet.plain(table), recipe, folder, lambda step, values: marks.append(time.process_time()))
    # The first step's beginning is not told: the mean of the others stands for it.
    return (marks[-1] - marks[0]) / (len(marks) - 1) * len(marks)


def detector() -> YoloPose:
    """YOLO-Pose of the size of yolo11n-pose."""
    model = make("yolo_pose", SIZE, COCO_17, {"side": 256})
    model.backbone = SmallBackbone(LIKE_YOLO11N)
    model.pyramid = Pyramid(model.backbone.channels[1:], NECK)
    return model


def on_gpu() -> list[dict]:
    """Pictures per second of the ResNet-size net at 256x192 in bf16, and its share of the measured matmul peak."""
    device, size, batch = torch.device("cuda"), (192, 256), 128
    model = make("heatmap", size, COCO_17, {"net": "resnet50"}).to(device, memory_format=torch.channels_last)
    pixels = torch.randn(batch, 3, size[1], size[0], device=device).contiguous(memory_format=torch.channels_last)
    with torch.utils.flop_counter.FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(pixels[:1])
    flops = counter.get_total_flops()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=True)

    def learn() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            outputs = model(pixels)
        outputs["maps"].float().square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    def look() -> None:
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16):
            model(pixels)

    square = torch.randn(8192, 8192, device=device, dtype=torch.bfloat16)
    peak = 2 * 8192**3 / seconds(lambda: square @ square)
    rows = [row("matmul peak, bf16", peak / 1e12, "TFLOP/s")]
    for name, work, factor in (("training", learn, 3), ("inference", look, 1)):
        model.train(name == "training")
        rate = batch / seconds(work)
        rows.append(row(f"resnet50 256x192, {name}", rate, f"images/s, {rate * flops * factor / peak:.0%} of the peak"))
    return rows


def seconds(work) -> float:
    """Seconds of a call on the GPU."""
    for _ in range(5):
        work()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(20):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / 20


def processor() -> str:
    """Name of the processor, and its bfloat16 units."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    name = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    return f"{name}; bfloat16 units: {', '.join(sorted(set(UNITS) & processor_flags())) or 'none'}"


def main() -> None:
    options = arguments(__doc__)
    torch.set_num_threads(1)
    default = make("heatmap", SIZE, COCO_17)
    half = fastest(cuda=False) == "bf16"
    eager = passes(default, SIZE, half=False, last=False)
    own = passes(default, SIZE, half=half, last=True)
    other = passes(default, SIZE, half=not half, last=True)
    large = passes(detector(), (256, 256), half=half, last=True, batch=8)
    rows = [
        row(f"default net, as trained ({'bf16' if half else 'fp32'})", 1 / own, "crops per CPU s"),
        row("  seconds a crop, against plain fp32", own, "s", "fp32, channels first", eager),
        row(f"  seconds a crop, against {'fp32' if half else 'bf16'}", own, "s", "fp32" if half else "bf16", other),
        row("  seconds a crop, against a detector's picture", own, "s", "yolo11n-sized at 256 px", large),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_dataset(folder / "set", Request(96, 5, crowds=(1.0,)), 1)
        table = people(folder / "set")
        engine = load_params(ROOT / "params.yaml").train.engine
        settings = engine.model_copy(
            update={"steps": STEPS, "batch": BATCH, "precision": "fp32", "checkpoint_every": 10**9, "keep": "last"}
        )
        recipe = Recipe(settings, 0, COCO_17)
        (folder / "view").mkdir()
        view = CropView(table, SIZE, COCO_17, folder / "view")
        pairs = [(whole(table, recipe, folder), bare(view, recipe)) for _ in range(REPEATS + 1)][1:]
    ours, plain = (min(side) for side in zip(*pairs, strict=True))
    rows.append(row("engine, a step", ours / STEPS, "CPU s", "bare loop", plain / STEPS))
    parameters = sum(parameter.numel() for parameter in detector().parameters()) / 1e6
    rows.append(row("parameters of the detector", parameters, "million"))
    if torch.cuda.is_available():
        rows += on_gpu()
    report(f"Training on {processor()}", rows, options.json)
    print(f"engine over bare loop: {np.median([a / b for a, b in pairs]) - 1:+.1%} in the median of {REPEATS} pairs")


if __name__ == "__main__":
    main()
