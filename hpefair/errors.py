"""Every error hpefair raises on purpose.

HpefairError                 a message for a person: what is wrong, and what to do next
├── InputError               a dataset, labels or results file cannot be used
├── SettingsError            params.yaml or expectations/*.yaml cannot be used
├── MissingArtifactError     a stage or command needs a file that an earlier stage writes
├── ToolError                an outside tool (dvc, mlflow, fiftyone) failed
├── DiskError                the machine could not read or write: a disk, a mount, a permission, a limit; exit code 1
├── GateFailure              a strict gate says FAIL; exit code 3
└── NothingToDo              a command has nothing to work on, which is no fault; exit code 4

Pure functions in `core` raise `ValueError("Expected … but got …")` instead.
"""


class HpefairError(Exception):
    """A deliberate error; its text is shown to the user as it is, without a traceback."""

    exit_code = 2


class InputError(HpefairError):
    """Data handed in by the user cannot be used."""


class SettingsError(HpefairError):
    """A settings file holds something hpefair does not understand."""


class MissingArtifactError(HpefairError):
    """A file that an earlier stage writes is not there."""


class ToolError(HpefairError):
    """An outside tool failed; the message carries its last words."""

    exit_code = 1


class DiskError(HpefairError):
    """The machine failed to read or write: a full or faulty disk, a lost mount, a permission, a limit of open files."""

    exit_code = 1  # it may pass: schedulers try again


class GateFailure(HpefairError):  # noqa: N818 - a failed gate is a result, not a fault
    """A strict gate found a critical expectation that fails."""

    exit_code = 3


class NothingToDo(HpefairError):  # noqa: N818 - no fault either
    """There is nothing for a command to work on; schedulers skip what depends on it."""

    exit_code = 4
