"""CLIP and SigLIP built tiny, loaded and asked like real ones."""

import shutil

import numpy as np
import pytest
import yaml
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from hpefair.attributes.sources.zero_shot import ZeroShotSource
from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.settings.params import ZeroShot
from tests.attributes.sights import sight
from tests.attributes.sources import tiny_clip


@pytest.fixture(scope="session")
def shipped(project):
    """Prompts of params.yaml."""
    return yaml.safe_load((project / "params.yaml").read_text())["attribute"]["zero_shot"]


@pytest.fixture(scope="session", params=[False, True], ids=["clip", "siglip"])
def folder(request, tmp_path_factory):
    """A saved model."""
    return tiny_clip.write(tmp_path_factory.mktemp("models") / "tiny", siglip=request.param)


def test_equals_transformers_own_logits(folder, shipped):
    """With one phrase a group, the probabilities are the softmax of what the whole model says."""
    import torch

    prompts = {"gender_presentation": {"feminine": ["a woman"], "masculine": ["a man"]}}
    source = ZeroShotSource(ZeroShot(**{**shipped, "model": str(folder), "prompts": prompts}))
    person = sight()
    found = np.array(source.judge([person])[0]["gender_presentation"].probabilities)
    tokens = AutoTokenizer.from_pretrained(folder)(
        ["a photo of a woman", "a photo of a man"],
        padding="max_length" if "siglip" in AutoModel.from_pretrained(folder).config.model_type else True,
        return_tensors="pt",
    )
    picture = AutoImageProcessor.from_pretrained(folder)(images=[person.pixels], return_tensors="pt")
    with torch.inference_mode():
        logits = AutoModel.from_pretrained(folder).eval()(**tokens, **picture).logits_per_image[0]
    assert found == pytest.approx(torch.softmax(logits, 0).numpy(), abs=2e-5)


def test_every_shipped_prompt_is_asked(folder, shipped):
    """Three attributes, probabilities that add up, the same every time, and the weights' hash as id."""
    source = ZeroShotSource(ZeroShot(**{**shipped, "model": str(folder)}))
    said = source.judge([sight(), sight(bbox=[0, 0, 20, 20]), sight(bbox=[10, 10, 60, 90])])
    assert set(source.attributes) == {"gender_presentation", "age_band", "build"}
    assert said[1]["age_band"].reason.startswith("the box is smaller")
    assert said[0]["age_band"].probabilities != said[2]["age_band"].probabilities
    again = ZeroShotSource(ZeroShot(**{**shipped, "model": str(folder)}))
    assert again.judge([sight()])[0] == said[0]
    assert source.model_id == again.model_id
    assert source.model_id.startswith("tiny ")


def test_missing_weights_say_what_to_do(shipped, tmp_path):
    """And an id on the hub must be pinned."""
    with pytest.raises(MissingArtifactError, match="put a CLIP or SigLIP folder there"):
        ZeroShotSource(ZeroShot(**{**shipped, "model": "models/nothing"}))
    with pytest.raises(SettingsError, match="needs a revision"):
        ZeroShotSource(ZeroShot(**{**shipped, "model": "openai/clip-vit-base-patch32"}))


def test_weights_that_would_be_unpickled_are_refused(folder, shipped, tmp_path):
    """They may run code: safetensors or nothing."""
    import torch
    from safetensors.torch import load_file

    copy = tmp_path / "pickled"
    shutil.copytree(folder, copy)
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    with pytest.raises(MissingArtifactError, match="safetensors"):
        ZeroShotSource(ZeroShot(**{**shipped, "model": str(copy)}))


def test_prompts_must_name_every_group(shipped):
    """A group that nobody asks about would never be found."""
    with pytest.raises(ValueError, match="Expected phrases for build"):
        ZeroShot(**{**shipped, "prompts": {"build": {"slim": ["a slim person"]}}})
    with pytest.raises(ValueError, match="template"):
        ZeroShot(**{**shipped, "template": "a photo"})
