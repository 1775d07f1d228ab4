"""Generated people as the screen reads them: rendered, recorded, and read back as rows."""

from types import SimpleNamespace

from hpefair.data import tables
from hpefair.generation.protocol import Item
from hpefair.generation.records import record
from hpefair.generation.render import Render
from hpefair.settings.params import load


def settings(project, **screen):
    """Default settings with other screen settings; the judges are not asked unless `judges` is given."""
    everything = load(project / "params.yaml")
    changed = {"judges": (), "counter": "", "judged": ("render", "recompose", "diffusion")} | screen
    return everything.model_copy(update={"screen": everything.screen.model_copy(update=changed)})


def rendered(folder, wanted, seed, size=256, backend="render"):
    """A rendered person for a cell, as a row; its picture lies in the folder."""
    maker = Render(load().attribute, size, 12, 5)
    item = Item(f"{seed:04d}", wanted, seed)
    row = record(item, maker.make([item])[0], folder, folder) | {"backend": backend}
    return SimpleNamespace(**tables.plain(row))


def changed(row, **values):
    """The row with other values."""
    return SimpleNamespace(**{**vars(row), **values})
