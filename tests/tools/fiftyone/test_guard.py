"""The guard before FiftyOne's App, with an application behind it that notes what reaches it."""

import asyncio

import pytest

from hpefair.tools.fiftyone import guard as fiftyone_guard
from hpefair.tools.fiftyone.guard import KNOWN, Guard

TOKEN = "t" * 43
HOST = "127.0.0.1:5151"
COOKIE = f"hpefair-app-5151={TOKEN}"


class Behind:
    """Notes the scopes of requests, and answers 200."""

    def __init__(self):
        self.scopes = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"reached"})


@pytest.fixture
def behind():
    return Behind()


@pytest.fixture
def ask(behind, tmp_path):
    """A request through the guard: status, headers."""
    (tmp_path / "data").mkdir()
    guard = Guard(behind, TOKEN, [tmp_path / "data"], ["127.0.0.1", "localhost"])

    def call(path="/", query="", method="GET", host=HOST, kind="http", **headers):
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        hosts = [(b"host", one.encode()) for one in ([host] if isinstance(host, str) else host)]
        scope = {
            "type": kind, "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [*hosts, *pairs], "scheme": "http",
        }  # fmt: skip
        sent = []

        async def send(message):
            sent.append(message)

        asyncio.run(guard(scope, None, send))
        if kind != "http":
            return sent[0]
        return sent[0]["status"], dict(sent[0]["headers"])

    return call


def test_a_token_comes_once_in_the_address_and_then_in_a_cookie(ask, behind):
    """It leaves the address, and the rest of the question stays."""
    status, headers = ask("/datasets/x", f"view=train&token={TOKEN}&workspace=w")
    assert (status, headers[b"location"]) == (303, b"/datasets/x?view=train&workspace=w")
    told = headers[b"set-cookie"].decode().lower()
    assert COOKIE.lower() in told
    assert "httponly" in told
    assert "samesite=lax" in told
    assert behind.scopes == []
    assert ask(cookie=COOKIE)[0] == 200
    assert behind.scopes[0][KNOWN]


@pytest.mark.parametrize("cookie", ["", "hpefair-app-5151=x", f"hpefair-app-5152={TOKEN}", f"other={TOKEN}"])
def test_without_it_nothing_is_reached(cookie, ask, behind):
    assert ask("/operators/execute", method="POST", cookie=cookie)[0] == 401
    assert ask("/", f"token={TOKEN[:-1]}x", cookie=cookie)[0] == 401
    assert ask("/", f"token={TOKEN}", method="POST", cookie=cookie)[0] == 401
    assert behind.scopes == []
    assert ask(fiftyone_guard.HEALTH)[0] == 200  # the version, for health checks
    assert KNOWN not in behind.scopes[0]


def test_a_token_leads_nowhere_else(ask):
    """`//host` is another site for a browser."""
    assert ask("//evil.example/x", f"token={TOKEN}")[1][b"location"] == b"/evil.example/x"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8080", "http://[::1", ""])
def test_a_foreign_origin_is_refused(origin, ask, behind):
    """With the cookie, which browsers send to every port of a host."""
    assert ask("/operators/execute", method="POST", cookie=COOKIE, origin=origin)[0] == 403
    assert behind.scopes == []


@pytest.mark.parametrize("origin", ["http://127.0.0.1:5151", "https://127.0.0.1:5151"])
def test_its_own_origin_is_not(origin, ask):
    assert ask("/operators/execute", method="POST", cookie=COOKIE, origin=origin)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:5151", "0.0.0.0:5151", "127.0.0.1.evil.example", "me@127.0.0.1:5151", "127.0.0.1:x", "", [],
        [HOST, HOST],
    ],
)  # fmt: skip
def test_a_foreign_host_is_refused(host, ask, behind):
    """What a page does that had its own name answered with this machine's address."""
    assert ask(host=host, cookie=COOKIE)[0] == 421
    assert behind.scopes == []


def test_other_sites_pages_may_link_and_nothing_else(ask):
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert ask(cookie=COOKIE, **link)[0] == 200
    assert ask(cookie=COOKIE, **link | {"sec_fetch_dest": "iframe"})[0] == 403
    assert ask(cookie=COOKIE, method="POST", **link)[0] == 403
    assert ask(cookie=COOKIE, sec_fetch_site="same-site", sec_fetch_mode="no-cors", sec_fetch_dest="image")[0] == 403
    assert ask(cookie=COOKIE, sec_fetch_site="same-origin")[0] == 200


def test_pictures_of_its_own_folders_and_no_other_file(ask, behind, tmp_path):
    """By real path: no `..`, no link out, nothing that is no picture; and FiftyOne gets what was checked."""
    data = tmp_path / "data"
    for path in (data / "a.png", data / "page.html", data / "draw.svg", tmp_path / "out.png"):
        path.write_bytes(b"x")
    (data / "link.png").symlink_to(tmp_path / "out.png")
    (data / "named.png").symlink_to(data / "page.html")
    assert ask("/media", f"filepath={data}/a.png", cookie=COOKIE)[0] == 200
    assert behind.scopes[-1]["query_string"].decode() == f"filepath={data}/a.png".replace("/", "%2F")
    assert ask("/media", f"filepath=/etc/passwd&filepath={data}/a.png", cookie=COOKIE)[0] == 200
    assert b"passwd" not in behind.scopes[-1]["query_string"]
    reached = len(behind.scopes)
    for name in ("page.html", "draw.svg", "link.png", "named.png", "../out.png", "a.png%00.png"):
        for path in ("/media", "/media/"):
            assert ask(path, f"filepath={data}/{name}", cookie=COOKIE)[0] == 403, name
    for query in ("", "filepath=", "filepath=a.png", "filepath=/etc/passwd", f"filepath={tmp_path}/out.png"):
        assert ask("/media", query, cookie=COOKIE)[0] == 403, query
    assert ask("/dataset/x/sample/y/commit-mask", method="POST", cookie=COOKIE)[0] == 403
    assert len(behind.scopes) == reached


def test_browsers_guess_nothing_and_frame_nothing(ask):
    headers = ask(cookie=COOKIE)[1]
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"x-frame-options"] == b"SAMEORIGIN"


def test_there_is_no_websocket(ask):
    assert ask(kind="websocket")["type"] == "websocket.close"


def test_a_short_token_is_refused(behind):
    with pytest.raises(ValueError, match="at least 32"):
        Guard(behind, "short", [], [])
