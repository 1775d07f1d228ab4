"""What ends a stage is one line on the terminal, and an exit code."""

import signal

import pytest

from hpefair.errors import InputError
from hpefair.machine import failure_log


def interrupt():
    """As Ctrl-C does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell's children ignore it
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def refuse():
    raise InputError("people.json is no COCO file")


def stumble():
    raise RuntimeError("something\nnobody thought of")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (interrupt, 128 + signal.SIGINT, "stage train was interrupted"),
        (refuse, InputError.exit_code, "error: people.json is no COCO file"),
        (stumble, 1, "error: stage train met something unforeseen (RuntimeError: something nobody thought of)"),
    ],
)
def test_it_is_one_line_and_a_code(tmp_path, monkeypatch, capsys, body, code, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended, failure_log.one_line_errors("stage train"):
        body()
    assert ended.value.code == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)
    assert (tmp_path / ".hpefair/failure.log").exists() == (body is stumble)
