"""People are told; who cannot be told fails nothing."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hpefair.orchestration.notify import Tell


class Task:
    """As much of a task instance as is told about."""

    dag_id, run_id, task_id, try_number = "hpefair_train", "manual", "train", 2


@pytest.fixture
def heard():
    """What a chat server was told, and its address."""
    messages = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield messages, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()


def test_a_webhook_hears_what_where_and_which_try(heard, monkeypatch):
    messages, address = heard
    monkeypatch.setenv("HPEFAIR_WEBHOOK", address)
    Tell("failed: train").notify({"ti": Task()})
    assert messages == [
        {
            "text": "hpefair: hpefair_train failed: train",
            "dag": "hpefair_train",
            "run": "manual",
            "task": "train",
            "try": 2,
        }
    ]


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "http://127.0.0.1:9"])
def test_nobody_to_tell_is_no_failure(monkeypatch, address):
    """None named, one that is no web address, one that is down."""
    monkeypatch.setenv("HPEFAIR_WEBHOOK", address)
    Tell("failed: train").notify({"ti": Task()})
