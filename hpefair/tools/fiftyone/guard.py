"""What stands before FiftyOne's App: its own token, its own origin and hosts, and pictures of its own folders only.

FiftyOne serves any file that its user can read, answers under any host name, and takes operators' calls from any page
that a reviewer's browser has open. Here every request but the one for the version has to bring the token that was made
when the App was opened: once in the address, from then on in a cookie, as Jupyter does it.
"""

import hmac
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

HEALTH: Final = "/fiftyone"  # FiftyOne's version: all that is told without a token
KNOWN: Final = "hpefair.known"  # set in the scope of every request that brought the token
TOKEN: Final = "token="
SHORTEST: Final = 32  # characters of a token
# Pictures alone: .html and .svg would run as scripts of this origin.
PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
LOST: Final = (
    "<!doctype html><title>FiftyOne</title><p>This App belongs to somebody's review. Open the address that hpefair "
    "printed: it carries a token, which this browser then remembers."
)
OUTSIDE: Final = "this is not a picture in the folders that are served"

Scope = dict[str, Any]


class Guard:
    """An ASGI application in front of another.

    Args:
        app: FiftyOne's server.
        token: What a request has to bring.
        roots: Folders whose pictures are served.
        hosts: Names under which it answers, without ports.
    """

    def __init__(self, app: Any, token: str, roots: Iterable[Path], hosts: Iterable[str]) -> None:
        if len(token) < SHORTEST:
            raise ValueError(f"Expected a token of at least {SHORTEST} characters but got {len(token)}")
        self._app, self._token = app, token
        self._roots = [root.resolve() for root in roots]
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """One connection, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # FiftyOne's App opens no websocket
            await send({"type": "websocket.close", "code": 1008})
        else:
            scope = dict(scope)
            answer = self._refusal(scope) or self._answer(scope)
            await (answer or self._app)(scope, receive, send if answer else _without_guessing(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Whoever asks under another name, or from another site's page."""
        headers = Headers(scope=scope)
        if _host(headers)[0] not in self._hosts or not scope["path"].startswith("/"):
            return PlainTextResponse("this host is not served here: see --host of `hpefair app`", 421)
        own = {f"{scheme}://{headers['host'].lower()}" for scheme in ("http", "https")}
        if any(origin.lower() not in own for origin in headers.getlist("origin")):  # `null` is one of them
            return PlainTextResponse("foreign origin", 403)
        to = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
        link = scope["method"] == "GET" and to == ("navigate", "document")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not link:
            return PlainTextResponse("foreign site", 403)
        return None

    def _answer(self, scope: Scope) -> Response | None:
        """What is answered here and not by FiftyOne: a token that came, one that is missing, a file outside."""
        headers, path, reads = Headers(scope=scope), scope["path"], scope["method"] in ("GET", "HEAD")
        cookie = f"hpefair-app-{_host(headers)[1]}"  # browsers keep cookies by host, whatever the port
        pairs = [pair for pair in scope["query_string"].decode("latin-1").split("&") if pair]
        given = [unquote_plus(pair.removeprefix(TOKEN)) for pair in pairs if pair.startswith(TOKEN)]
        if given and reads and self._same(given[-1]):
            return self._welcome(scope, cookie, [pair for pair in pairs if not pair.startswith(TOKEN)])
        if path == HEALTH and reads:
            return None
        if not self._same(Request(scope).cookies.get(cookie, "")):
            return HTMLResponse(LOST, 401)
        scope[KNOWN] = True
        if path.endswith("/commit-mask"):  # writes to whatever path a label names
            return PlainTextResponse("not served here", 403)
        if path.rstrip("/") == "/media" and reads:
            real = self._picture(Request(scope).query_params.get("filepath", ""))
            if real is None:
                return PlainTextResponse(OUTSIDE, 403)
            scope["query_string"] = urlencode({"filepath": real}).encode()  # FiftyOne sees what was checked, no more
        return None

    def _welcome(self, scope: Scope, cookie: str, rest: list[str]) -> Response:
        """To the same page without the token in the address, where histories and logs would keep it."""
        place = "/" + scope["raw_path"].decode("latin-1").split("?")[0].lstrip("/")  # `//host` would lead away
        told = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
        answer = Response(
            status_code=303, headers={"location": "?".join([place, "&".join(rest)][: 1 + bool(rest)]), **told}
        )
        secure = scope.get("scheme") == "https"
        # Lax and not strict: a link in a chat may lead here; what other sites' pages send is refused by its origin.
        answer.set_cookie(cookie, self._token, httponly=True, samesite="lax", secure=secure)
        return answer

    def _same(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _picture(self, given: str) -> str | None:
        """Real path of a picture below the roots, or None."""
        if "\0" in given or not Path(given).is_absolute():
            return None
        real = Path(os.path.realpath(given))
        if real.suffix.lower() not in PICTURES or Path(given).suffix.lower() not in PICTURES:
            return None
        return str(real) if any(real.is_relative_to(root) for root in self._roots) else None


def _host(headers: Headers) -> tuple[str, int]:
    """Name and port of the one Host header; an empty name where it is none, or there are several."""
    hosts = headers.getlist("host")
    try:
        parts = urlsplit(f"//{hosts[0]}") if len(hosts) == 1 else urlsplit("")
        clean = bool(hosts) and parts.netloc == hosts[0] and "@" not in parts.netloc
        return (parts.hostname or "", parts.port or 80) if clean else ("", 0)
    except ValueError:
        return "", 0


def _without_guessing(send: Any) -> Any:
    """Browsers take a file for what the server says it is, and show no page of it inside another site's."""

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            more = [(b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"SAMEORIGIN")]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return sent
