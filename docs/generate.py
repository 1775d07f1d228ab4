"""Write the pages and the picture that follow from the code; --check only compares.

docs/pipeline.md from dvc.yaml and params.yaml, docs/cli.md from the command line, docs/images/rooms.svg from imports.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import typer
import yaml

from hpefair.cli.main import app
from hpefair.report import graph_picture
from hpefair.settings import params
from hpefair.tools.dvc import graph as dvc_graph

ROOT = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"^(?P<indent> *)(?P<key>[a-z0-9_]+):[^#\n]*#\s*(?P<text>.+)$")


def main() -> None:
    """Write them, or fail where one differs."""
    stale = []
    made = {"pipeline.md": pipeline_page(), "cli.md": cli_page(), "images/rooms.svg": rooms_picture()}
    for name, text in made.items():
        path = ROOT / "docs" / name
        if "--check" in sys.argv and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}; run `make docs`")


def pipeline_page() -> str:
    """Every stage with what it reads and writes, and every parameter with its default and meaning."""
    graph = dvc_graph.load(ROOT)
    tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    lines = [
        "# The pipeline",
        "",
        "Written by `make docs` from `dvc.yaml` and `params.yaml`. `dvc repro` runs it, `hpefair stages` shows it.",
        "Every stage writes one folder, `data/<stage>`, and stops with one clear line when its input cannot be used.",
    ]
    for word in dict.fromkeys(stage.word for stage in graph.stages):
        mine = [stage for stage in graph.stages if stage.word == word]
        reads = sorted({dep for stage in mine for dep in stage.deps if not dep.startswith("data/code")})
        writes = [out for stage in mine for out in stage.outs]
        lines += ["", f"## {word}", "", f"{mine[0].desc}.", ""]
        lines += [f"- instances: {', '.join(f'`{stage.name}`' for stage in mine)}"] if len(mine) > 1 else []
        lines += [
            f"- reads: {', '.join(f'`{dep}`' for dep in reads)}",
            f"- writes: {', '.join(f'`{out}`' for out in writes)}",
        ]
        if word not in tree:
            continue
        lines += ["", "| parameter | default | meaning |", "|---|---|---|"]
        lines += [
            f"| `{word}.{key}` | `{short(value)}` | {meaning(word, key)} |" for key, value in flat(tree.get(word, {}))
        ]
    return "\n".join(lines) + "\n"


def flat(section: dict) -> list[tuple[str, object]]:
    """Keys of a section, each followed by the keys of its fixed sub-section."""
    out: list[tuple[str, object]] = []
    for key, value in section.items():
        fixed = key in (
            "engine",
            "contrast",
            "face",
            "zero_shot",
            "classifier",
            "coverage",
            "backends",
            "diffusion",
        ) and isinstance(value, dict)
        out += [(key, "see below" if fixed else value)]
        out += [(f"{key}.{inner}", what) for inner, what in value.items()] if fixed else []
    return out


def meaning(word: str, key: str) -> str:
    """What `MEANINGS` says of a key, else the comment behind it in params.yaml."""
    if f"{word}.{key}" in MEANINGS:
        return MEANINGS[f"{word}.{key}"]
    section = (ROOT / "params.yaml").read_text(encoding="utf-8").split(f"\n{word}:\n", 1)[-1].split("\n\n", 1)[0]
    for line in section.splitlines():
        found = COMMENT.match(line)
        if found and found["key"] == key:
            return found["text"]
    return ""


def short(value: object) -> str:
    """A default that fits a table cell."""
    text = str(value).replace("|", "/")
    return text if len(text) <= 70 else text[:67] + "..."


def cli_page() -> str:
    """Every command with its help and options."""
    lines = [
        "# Commands",
        "",
        "Written by `make docs` from the command line itself. Commands run in a workspace: the folder with `dvc.yaml`.",
        "Exit codes: 0 done, 1 a tool failed, 2 the input or settings cannot be used, 3 a strict gate says FAIL.",
    ]
    for name, command in sorted(commands(typer.main.get_command(app))):
        lines += ["", f"## hpefair {name}", "", command.help, "", "| argument | default | meaning |", "|---|---|---|"]
        lines += [option_row(parameter) for parameter in command.params if parameter.name != "help"]
    return "\n".join(lines) + "\n"


def rooms_picture() -> str:
    """Rooms of the package, each below those that import it; an edge that follows from others is left out."""
    imports = grimp.build_graph("hpefair")
    above: dict[str, set[str]] = {}
    modules: dict[str, int] = {}
    for name in sorted(imports.modules - {"hpefair", "hpefair.__main__"}):
        room = name.split(".")[1]
        above.setdefault(room, set())
        modules[room] = modules.get(room, 0) + (name not in imports.modules or not imports.find_children(name))
        for other in sorted(imports.find_modules_directly_imported_by(name)):
            below = other.split(".")[1:2]
            if below and below[0] != room:
                above.setdefault(below[0], set()).add(room)
    said = {room: f"{number} modules" if number > 1 else "1 module" for room, number in modules.items()}
    drawn = graph_picture.picture(graph_picture.direct(above), said, "Rooms of hpefair and who imports whom")
    return (
        drawn.replace(
            "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" style="background:#fff;font-family:sans-serif" ', 1
        )
        + "\n"
    )


def commands(group: object, before: str = "") -> Iterator[tuple[str, object]]:
    """Commands by their whole name, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} ")
        else:
            yield before + name, command


def option_row(parameter: object) -> str:
    """Table row of an option or argument."""
    names = " / ".join([*parameter.opts, *parameter.secondary_opts])
    return f"| `{names}` | {default(parameter)} | {parameter.help} |"


def default(parameter: object) -> str:
    """Default of an option, or that it is needed."""
    if parameter.required:
        return "needed"
    return f"`{parameter.default}`" if parameter.default not in (None, "", ()) else ""


MEANINGS = {
    "ingest.skeleton": "Joints that every annotation must have",
    "ingest.max_pixels": "Larger images are quarantined before a pixel is decoded",
    "attribute.contrast.low_below": "Smaller contrast is low",
    "attribute.contrast.high_from": "Contrast from here on is high",
    "train.engine.input_width": "Crop width in pixels, a multiple of 16 (`heatmap`) or 32 (`deeppose`)",
    "train.engine.input_height": "Crop height in pixels, likewise",
    "train.engine.steps": "Optimizer steps, the same for every model",
    "train.engine.batch": "Real people, or pictures, a step; generated ones come on top in proportion",
    "train.engine.learning_rate": "Peak of the one-cycle schedule",
    "train.engine.weight_decay": "AdamW weight decay, of weights but not of shifts and scales",
    "train.engine.clip_norm": "Longer gradients are shortened to this",
    "train.engine.average": "Decay of the moving average of weights, which is what is validated and kept; 0 for none",
    "train.engine.precision": "`fp32` or `bf16`; a recorded choice: what is cached does not depend on the machine",
    "train.engine.checkpoint_every": "Steps that a kill can cost at most",
    "train.engine.validate_every": "Steps between validations",
    "train.engine.keep": "Weights that are kept: of the best validated `worst_group` or `mean` AR, or the `last`",
    "train.engine.min_support": "Validation people that a group needs to be the worst",
    "train.engine.rotation_degrees": "Crops are turned by up to this",
    "train.engine.scale_jitter": "Sizes vary by 1 +- this",
    "train.engine.colour_jitter": "Colour channels are multiplied by 1 +- this",
    "train.engine.half_body": "Probability that a crop shows the upper or lower body alone",
    "train.objective.by": "Attribute whose groups objectives and curves are about, or several joined by dots",
    "train.objective.step": "Step size of `group_dro`",
    "train.objective.adjustment": "C of `group_dro`: C / sqrt(n) is added to a group's loss",
    "train.objective.beta": "Of `reweighting`, class-balanced by effective number",
    "train.objective.share": "Share of the largest losses that `cvar` counts",
    "train.objective.penalty": "Weight of the variance of group losses in `variance`",
    "predict.engine.flip_test": "Average with the prediction of the mirrored input; doubles the cost",
    "predict.engine.scales": "Sizes at which people are shown; averaged (crops) or pooled (pictures)",
    "predict.engine.score_threshold": "Score below which a detection is dropped",
    "predict.engine.nms_iou": "Overlap with a better box above which a detection is dropped",
    "predict.engine.nms_oks": "OKS with a better pose above which one in a detected box is dropped",
    "predict.engine.max_people": "Detections kept of a picture",
    "predict.engine.batch": "Crops predicted together",
    "attribute.contrast": "Bins of clothing-to-background contrast, in CIEDE2000 units",
    "attribute.face": "The source `face`: a pretrained network that comes with a package",
    "attribute.face.min_face_px": "Smaller heads, in pixels of the image, are not judged",
    "attribute.zero_shot": "The source `zero_shot`: CLIP or SigLIP through transformers",
    "attribute.zero_shot.model": "Folder of the weights, or an id on the hub",
    "attribute.zero_shot.revision": "Commit of the hub's repository; needed for an id",
    "attribute.zero_shot.template": "Sentence around every phrase",
    "attribute.zero_shot.prompts": "Phrases of every group; the mean direction of their sentences stands for it",
    "attribute.classifier": "The source `classifier`, trained by `hpefair attributes train`",
    "attribute.classifier.weights": "Folder of its weights",
    "calibrate.confidence": "Of the claim that those named are right often enough, and of intervals of errors",
    "calibrate.default_thresholds": "Confidence from which a source is believed until somebody labelled, and about "
    "diffused people",
    "calibrate.min_labels": "Labelled people that a source must have judged to be calibrated",
    "audit.coverage": "Cells of several attributes that should hold people",
    "audit.coverage.attributes": "The attributes that are combined",
    "audit.coverage.min_people": "Distinct people that a cell needs",
    "audit.seed": "Seed of the resamples",
    "split.salt": "Another salt gives another split; keep it, so that assignments never move",
    "split.fractions": "Share of the images in each split; no model trained here is measured on `sealed`",
    "audit.attributes": "Attributes whose shares are counted",
    "audit.cells": "Two-way cells whose shares are counted",
    "audit.confidence": "Level of the sampling intervals",
    "validate.max_unexpected_rows": "Unexpected values that a check lists",
    "gate.failing_severities": "Severities whose expectations decide; the others only inform",
    "plan.attributes": "Attributes to balance together; each needs a reference under `audit.reference`",
    "plan.margin": "Distance, as a share, that planned shares keep from the bounds in `expectations/`",
    "plan.max_repeats": "Showings of one real person per pass, the first included",
    "plan.max_descendants": "People recomposed from one real person, per cell",
    "plan.max_synthetic_share": "Largest share of generated people among all exposures of the balanced training set",
    "plan.cost_resample": "Cost of one more showing of a real person; it shows nobody new",
    "plan.cost_per_second": "Cost of one second of computing; an accepted person costs seconds / rate of its cell",
    "plan.assurance": "Attempts are as many as fill a quota with this probability",
    "plan.backends": "Who may generate: recompose, render, diffusion. Of each: cost (of one accepted person, alongside "
    "computing), rate (share of attempts let in) and seconds (of one core, per attempt), both believed until "
    "`history/acceptance.jsonl` knows better, and share (largest part of people that another backend could make)",
    "plan.backends.recompose": "Training people in other colours or surroundings: needs parents of the wanted groups",
    "plan.backends.render": "Built-in people, asked for exactly the wanted groups",
    "generate.shards": "Data layout: generated people are dealt to shards by a hash of their name",
    "generate.seed": "Every generated person depends on this and its own name, on nothing else",
    "generate.context": "Margin around a person that is kept, in box sizes",
    "generate.max_tries": "Changes or scenes to try before an attempt is given up",
    "generate.size": "Pixels a side of a rendered picture",
    "generate.photos": "Folder under `data/raw` of the user's own background photographs, which show nobody",
    "generate.forbid_licenses": "Images whose licence name contains one of these words are never altered",
    "generate.diffusion": "The backend `diffusion`: pipelines of the diffusers package (docs/guides/diffusion.md)",
    "generate.diffusion.pipelines": "By operation (control, refine, inpaint): class, weights, revision, license, "
    "controlnets, conditions",
    "generate.diffusion.steps": "Denoising steps",
    "generate.diffusion.guidance": "Classifier-free guidance, where the pipeline takes it",
    "generate.diffusion.strength": "How far `refine` may leave the rendered picture",
    "generate.diffusion.size": "Pixels a side that a pipeline paints",
    "generate.diffusion.prompt": "Template; parts between commas that nothing is known for are left out",
    "generate.diffusion.prompt_clothing": "Template where `inpaint` paints clothes",
    "generate.diffusion.prompt_background": "Template where `inpaint` paints surroundings: it should ask for nobody",
    "generate.diffusion.negative": "Negative prompt, where the pipeline takes it",
    "generate.diffusion.words": "Words of every group, by placeholder",
    "generate.diffusion.choices": "Words drawn at random, by placeholder",
    "generate.diffusion.minors": "Whether children and teenagers may be diffused; each such picture says so",
    "screen.min_keypoints": "Labelled joints a generated person needs",
    "screen.max_limb_length": "Longest limb relative to what the others allow; 99.8 % of 1,900 people in COCO stay "
    "below 1.75",
    "screen.judges": "Outside pose estimators, at least two (`hpefair judges fetch`), or none: poses are not checked",
    "screen.judged": "Backends whose poses the judges check; annotations of rendered people are exact",
    "screen.min_oks": "Smallest agreement (OKS over visible joints) between annotation and judges",
    "screen.max_limb_error": "Largest distance of a visible limb joint from where the judges see it, in roots of the "
    "person's area",
    "screen.masked": "Backends of whose people those joints become unlabelled about which the judges disagree",
    "screen.max_judge_distance": "Distance up to which judges agree about a joint, in roots of the person's area",
    "screen.counter": "Who counts the people in a picture; empty: nobody does",
    "screen.counter_score": "Whomever the counter is less sure of does not count",
    "screen.duplicate_delta_e": "Pictures closer than this (CIE76 of thumbnails) to an accepted or a held-out one are "
    "the same picture",
    "screen.copy_delta_e": "People closer than this (CIE76 of thumbnails) to a training person are copies",
    "screen.min_acceptance_ratio": "A warning where a group's acceptance is a smaller part of the best group's",
    "screen.confidence": "Level of acceptance intervals and of the bound on defects",
    "screen.review_sample": "Accepted people to look at; none bad among 60 means at most 5 % bad",
    "screen.pairs": "Rendered counterfactual scenes by which the screen itself is checked",
    "split.forbid_training": "Training images whose licence name contains one of these words become `unused`",
    "assemble.skip_rejected": "Leave out generated people that `review/decisions.jsonl` turned down",
    "assemble.forbid_licenses": "Generated people whose licence contains one of these words never enter training",
    "train.engine": "Settings that all trained models share: size, steps, optimizer, validation, augmentation",
    "train.objective": "Groups and numbers of the objectives that models name",
    "train.models": "Models to train: estimator, variant, seed, objective (`balanced_sampling`), options",
    "predict.engine": "Settings that all predictions share",
    "evaluate.by": "Attributes by which accuracy is reported",
    "evaluate.cells": "Two-way cells by which accuracy is reported",
    "evaluate.resamples": "Bootstrap resamples of images or subjects, and random relabellings",
    "evaluate.power": "Wanted probability of a PASS where nothing is wrong, for the people still needed",
    "evaluate.confidence": "Level of the intervals",
    "evaluate.min_support": "Images or subjects a group needs to count as supported",
    "evaluate.seed": "Seed of the resamples and relabellings",
    "compare.baseline": "Model that the candidates are compared with",
    "compare.candidates": "Models that get a verdict",
    "compare.attributes": "Attributes whose groups must not be harmed, and whose gaps should shrink",
    "compare.tolerance": "Loss of a group's mean that counts as harm",
    "compare.power": "Probability of a PASS for which the people still needed are computed",
    "report.title": "Title of the page",
    "report.public": "Whether groups of fewer than `report.min_cell` people are hidden",
    "report.min_cell": "Groups of fewer people are not shown",
    "report.gallery": "Pictures of generated people on the page: pictures (how many at most), and photographs (whether "
    "also those made from photographs that are not in the public domain: people in them can be recognized)",
}


if __name__ == "__main__":
    params.load(ROOT / "params.yaml")
    main()
