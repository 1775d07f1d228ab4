"""The command line without a process of its own: what is typed, what is said, and the exit code."""

import contextlib
import io
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from hpefair.cli.main import app
from hpefair.machine import failure_log


def hpefair(*arguments: object, cwd: Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Type a command in a folder and check its exit code, and that no traceback is shown.

    Tests of processes, signals, imports and the environment start `python -m hpefair` themselves.
    """
    words = [str(word) for word in arguments]
    out, error = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(cwd), warnings.catch_warnings():
        patch.setattr(sys, "argv", ["hpefair", *words])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            code = _exit_code()
    done = subprocess.CompletedProcess(words, code, out.getvalue(), error.getvalue())
    assert done.returncode == expect, f"{words} gave {code}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr
    return done


def _exit_code() -> int:
    try:
        with failure_log.one_line_errors("hpefair"):
            app()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
