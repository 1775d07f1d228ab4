"""What the end of a command means: done, decided, or to be tried again.

`dvc repro` exits with 255 whatever a stage returned; the stage's own code is only in a line of text. A stage that exits
with 2 cannot use its input, with 3 it has decided: trying again changes neither. Everything else may pass: a lock, a
remote that is down, memory that was short, a worker that was stopped.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from hpefair.tools.dvc import run_cache

BAD_INPUT: Final = 2
DECIDED: Final = 3
NOTHING_TO_DO: Final = 4
STAGE_EXIT: Final = re.compile(r"failed to run: .*, exited with (-?\d+)\s*$")
STAGE_RUNS: Final = re.compile(r"^Running stage '([^']+)'")
FAULT: Final = re.compile(r"^(ERROR|error|fatal|stage \S+|hpefair)\b:?")


class Outcome(Enum):
    """How a command ended, as far as a scheduler is concerned."""

    DONE = "done"
    SKIP = "nothing to do"
    FAIL = "trying again cannot help"
    RETRY = "may pass"


@dataclass
class Listener:
    """Reads a command's output line by line, and judges its end.

    Attributes:
        stage_code: Exit code of the stage that failed below dvc, if one did.
        crossed: Whether dvc stumbled over a run-cache entry that another process was writing; once more, it will not.
        running: The last stage that dvc said it runs.
        fault: The first line that names a fault.
        last: The last line.
        lines: The last lines, a hundred at most.
    """

    stage_code: int | None = None
    crossed: bool = False
    running: str = ""
    fault: str = ""
    last: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=100))

    def hear(self, line: str) -> None:
        """Take in one line."""
        if not line.strip():
            return
        self.last = line
        self.lines.append(line)
        if match := STAGE_EXIT.search(line):
            self.stage_code = int(match[1])
        if match := STAGE_RUNS.search(line):
            self.running = match[1]
        self.crossed |= bool(run_cache.CROSSED.search(line))
        if not self.fault and FAULT.match(line):
            self.fault = line

    def judge(self, code: int) -> tuple[Outcome, str]:
        """Outcome of a command that exited with `code`, and one sentence about it."""
        if not code:
            return Outcome.DONE, ""
        own = self.stage_code if self.stage_code is not None else code
        said = self.fault or self.last or "it said nothing"
        if own == NOTHING_TO_DO:
            return Outcome.SKIP, said
        outcome = Outcome.FAIL if own in (BAD_INPUT, DECIDED) else Outcome.RETRY
        return outcome, f"exit code {own}: {said}"
