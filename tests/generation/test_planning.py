"""Who may be diffused: minors only by opt-in, and nobody whose attribute only labels could tell."""

import numpy as np
import pandas as pd
import pytest

from hpefair.generation.planning import diffusable
from hpefair.settings import params

AGES = pd.DataFrame({"cell": ["child", "teen", "adult", "older"], "age_band": ["child", "teen", "adult", "older"]})
ANY, NONE = np.inf, 0.0


@pytest.fixture
def settings(project):
    """The settings that hpefair comes with, with a plan for age bands, which a face tells."""
    found = params.load(project / "params.yaml")
    told = found.attribute.model_copy(update={"sources": {"age_band": ("labels", "face")}})
    return found.model_copy(
        update={"plan": found.plan.model_copy(update={"attributes": ("age_band",)}), "attribute": told}
    )


def diffusing(settings, **changes):
    """The same settings with other ones of diffusion."""
    diffusion = settings.generate.diffusion.model_copy(update=changes)
    return settings.model_copy(update={"generate": settings.generate.model_copy(update={"diffusion": diffusion})})


def telling(settings, *sources):
    """The same settings with other sources of age."""
    told = settings.attribute.model_copy(update={"sources": {"age_band": sources}})
    return settings.model_copy(update={"attribute": told})


def test_minors_are_not_diffused_without_the_opt_in(settings):
    """Children and teens; where nothing is set about diffusion, neither."""
    assert diffusable(settings, AGES)[1].tolist() == [NONE, NONE, ANY, ANY]
    assert diffusable(diffusing(settings, minors=True), AGES)[1].tolist() == [ANY] * 4
    nothing = settings.model_copy(update={"generate": settings.generate.model_copy(update={"diffusion": None})})
    assert diffusable(nothing, AGES)[1].tolist() == [NONE, NONE, ANY, ANY]


def test_nobody_is_diffused_for_what_only_labels_tell(settings):
    """What was asked for would never be found in what was produced."""
    assert diffusable(telling(settings, "labels"), AGES)[1].tolist() == [NONE] * 4
    assert diffusable(telling(settings), AGES)[1].tolist() == [NONE] * 4
    assert diffusable(telling(settings, "zero_shot"), AGES)[1].tolist() == [NONE, NONE, ANY, ANY]


def test_whoever_is_painted_around_a_photograph_stays_that_person(settings):
    """Labels are enough then, and nothing but contrast is new."""
    control = settings.generate.diffusion.pipelines["control"]
    around = diffusing(telling(settings, "labels"), pipelines={"inpaint": control})
    adds, most = diffusable(around, AGES)
    assert adds == {"contrast"}
    assert most.tolist() == [NONE, NONE, ANY, ANY]
    assert diffusable(settings, AGES)[0] == {"age_band"}


def test_cells_without_ages_are_anybody(settings):
    """A plan for contrast alone asks nobody's age here; the screen does."""
    cells = pd.DataFrame({"cell": ["low", "high"], "contrast": ["low", "high"]})
    plan = settings.plan.model_copy(update={"attributes": ("contrast",)})
    assert diffusable(settings.model_copy(update={"plan": plan}), cells)[1].tolist() == [ANY, ANY]
