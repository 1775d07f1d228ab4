"""Scenes that several tests look at, drawn once."""

from functools import cache

from hpefair.synthetic.picture.photograph import Photograph, photograph
from hpefair.synthetic.picture.scene import Scene
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams


@cache
def scene(number: int, size: int = 160, crowds: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1), **wanted: str) -> Scene:
    return stage(Streams(77, f"test {number}"), Setting(size=size, crowds=crowds), wanted)


@cache
def picture(
    number: int, size: int = 160, crowds: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1), **wanted: str
) -> Photograph:
    return photograph(scene(number, size, crowds, **wanted))
