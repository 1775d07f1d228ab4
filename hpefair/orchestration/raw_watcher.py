"""New raw data: an event whenever the repository's `data/raw.dvc` changes, wherever it was pushed from."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces import commands
from hpefair.orchestration.workspaces.publish import RAW

LOG: Final = logging.getLogger(__name__)


class RawDataTrigger(BaseEventTrigger):
    """Looks at a branch again and again; runs in Airflow's triggerer.

    Args:
        repository: URL or path.
        ref: Branch to look at; `HEAD` is the default one.
        memory: Folder that remembers what was announced, so that a restart misses nothing.
        every_s: Seconds between two looks.
    """

    def __init__(self, repository: str, ref: str, memory: str, every_s: float) -> None:
        super().__init__()
        self.repository = repository
        self.ref = ref
        self.memory = memory
        self.every_s = every_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        kept = {"repository": self.repository, "ref": self.ref, "memory": self.memory, "every_s": self.every_s}
        return f"{type(self).__module__}.{type(self).__qualname__}", kept

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """An event per change, with the commit and the pointer's id; the first look only remembers."""
        while True:
            try:
                changed = await asyncio.to_thread(self.look)
            except (ToolError, OSError) as error:
                LOG.warning("the repository cannot be looked at, which will be tried again: %s", error)
                changed = {}
            if changed:
                yield TriggerEvent(changed)
                # Only now: a triggerer that ends before the event is out says it again, and does not forget it.
                await asyncio.to_thread(self.remember, changed["raw"])
            await asyncio.sleep(self.every_s)

    def remember(self, pointer: str) -> None:
        """Note a pointer as seen."""
        seen = Path(self.memory) / "seen"
        scratch = seen.with_suffix(".new")
        scratch.write_text(pointer, encoding="utf-8")
        scratch.replace(seen)

    def look(self) -> dict[str, str]:
        """Commit and pointer, if the pointer is another one than that remembered; the first look remembers.

        Raises:
            ToolError: If the repository cannot be reached.
        """
        mirror, seen = Path(self.memory) / "mirror.git", Path(self.memory) / "seen"
        mirror.mkdir(parents=True, exist_ok=True)
        commands.git(["init", "--quiet", "--bare"], mirror)
        # The newest commit and its folders, no file: a few kilobytes, however large the repository is.
        commands.git(["fetch", "--quiet", "--depth", "1", "--filter=blob:none", self.repository, self.ref], mirror)
        commit = commands.git(["rev-parse", "FETCH_HEAD"], mirror).strip()
        listed = commands.git(["ls-tree", "FETCH_HEAD", RAW], mirror).split()
        pointer = listed[2] if listed else ""
        before = seen.read_text(encoding="utf-8") if seen.exists() else None
        if before is None:
            self.remember(pointer)
            return {}
        return {"commit": commit, "raw": pointer} if pointer and pointer != before else {}
