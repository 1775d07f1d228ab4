"""The number format is what was chosen, on every machine; only `auto` asks the processor."""

from pathlib import Path

import pytest
import torch
from torch import nn

from hpefair.cli.training import _precision
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import SettingsError
from hpefair.estimators.protocol import make
from hpefair.settings import params
from hpefair.training import precision
from hpefair.training.engine import Recipe, fit
from hpefair.training.training_set import Membership, TrainingSet

MACHINES = [set(), {"avx512_bf16"}, {"amx_bf16", "avx2"}]


def pretend(monkeypatch, flags):
    """A machine without a GPU whose processor has these flags."""
    monkeypatch.setattr(precision, "processor_flags", lambda: flags)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def loss_curve(people, settings, tmp_path, name):
    """Losses of four steps, and the kept weights."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = make("heatmap", (64, 96), COCO_17)
    data = TrainingSet(people, Membership.of_nobody(len(people)), people[:0], Membership.of_nobody(0))
    work = tmp_path / name
    work.mkdir()
    chosen = settings.model_copy(update={"steps": 4})
    curves = fit(model, data, Recipe(chosen, 0, COCO_17), work)
    return curves.tables()["curve"]["loss"].tolist(), model.state_dict()


@pytest.mark.parametrize("flags", MACHINES, ids=["no units", "avx512", "amx"])
@pytest.mark.parametrize("chosen", ["fp32", "bf16"])
def test_what_is_trained_does_not_depend_on_the_processor(chosen, flags, people, settings, tmp_path, monkeypatch):
    """The same choice gives the same bytes whatever the processor's flags are."""
    wanted = settings.model_copy(update={"precision": chosen})
    pretend(monkeypatch, set())
    plain = loss_curve(people, wanted, tmp_path, "plain")
    pretend(monkeypatch, flags)
    other = loss_curve(people, wanted, tmp_path, "other")
    assert plain[0] == other[0]
    assert all(torch.equal(plain[1][key], other[1][key]) for key in plain[1])


def test_bf16_is_obeyed(people, settings, tmp_path, monkeypatch):
    """Convolutions compute in bfloat16 exactly where it was chosen."""
    kinds = []
    monkeypatch.setattr(
        nn.Conv2d, "forward", lambda self, x, inner=nn.Conv2d.forward: _seen(kinds, inner(self, x)), raising=True
    )
    loss_curve(people, settings, tmp_path, "full")
    assert set(kinds) == {torch.float32}
    kinds.clear()
    loss_curve(people, settings.model_copy(update={"precision": "bf16"}), tmp_path, "half")
    assert set(kinds) == {torch.bfloat16}


def _seen(kinds, output):
    kinds.append(output.dtype)
    return output


@pytest.mark.parametrize("flags", MACHINES)
def test_auto_asks_the_processor(flags, monkeypatch):
    pretend(monkeypatch, flags)
    assert precision.fastest() == ("bf16" if flags else "fp32")
    assert _precision("auto") == precision.fastest()
    assert (_precision("fp32"), _precision("bf16")) == ("fp32", "bf16")


def test_a_gpu_without_bf16_refuses_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert precision.fastest(cuda=True) == "fp32"
    precision.check("fp32", cuda=True)
    precision.check("bf16", cuda=False)
    with pytest.raises(SettingsError, match="set fp32"):
        precision.check("bf16", cuda=True)


def test_the_pipeline_names_its_precision(project, tmp_path):
    """The default is full precision; `auto` is refused with what to write instead."""
    path = project / "params.yaml"
    assert params.load(path).train.engine.precision == "fp32"
    changed = Path(tmp_path / "params.yaml")
    changed.write_text(path.read_text().replace("precision: fp32", "precision: auto"))
    with pytest.raises(SettingsError, match=r"train\.engine\.precision: .*use fp32"):
        params.load(changed)
