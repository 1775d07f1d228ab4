"""The generate section of params.yaml with random pipelines at 64 pixels."""

from pathlib import Path

import pandas as pd

from hpefair.schema import PERCEIVED
from hpefair.settings import params
from hpefair.settings.diffusion import Diffusion

GENERATE = params.load(Path(__file__).parents[3] / "params.yaml").generate
CLASSES = {
    "control": "StableDiffusionControlNetPipeline",
    "refine": "StableDiffusionImg2ImgPipeline",
    "inpaint": "StableDiffusionInpaintPipeline",
}
NOBODY = pd.DataFrame(
    columns=["person_id", "image_id", "bbox", "keypoints", "segmentation", "iscrowd", "license", "contrast", *PERCEIVED]
)


def pipeline(folder, operation, **more):
    """One pipeline as params.yaml names it."""
    conditions = {"conditions": ["skeleton"]} if operation == "control" else {}
    named = {"class": CLASSES[operation], "weights": str(folder / operation), "license": "test licence"}
    return {**named, **conditions, **more}


def diffusion(pipelines, **more):
    """The part `diffusion`, at a size and number of steps for tests."""
    plain = GENERATE.diffusion.model_dump(by_alias=True)
    return Diffusion.model_validate({**plain, "size": 64, "steps": 2, "pipelines": pipelines, **more})


def generate(folder, *operations, context=0.1, **more):
    """The generate section with some of the pipelines."""
    part = diffusion({name: pipeline(folder, name) for name in operations}, **more)
    return GENERATE.model_copy(update={"diffusion": part, "context": context})
