"""FiftyOne's server behind `guard`: `python -m hpefair.tools.fiftyone.app --port N`.

The token comes in HPEFAIR_APP_TOKEN, folders whose pictures are served in HPEFAIR_APP_MEDIA (joined as PATH is),
further host names in HPEFAIR_APP_HOSTS (joined by commas).
"""

import argparse
import os
from pathlib import Path
from typing import Any, Final

from hpefair.tools.fiftyone.guard import KNOWN, Guard

TOKEN: Final = "HPEFAIR_APP_TOKEN"
MEDIA: Final = "HPEFAIR_APP_MEDIA"
HOSTS: Final = "HPEFAIR_APP_HOSTS"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
EVERY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - addresses that are no host names
DENIED: Final = frozenset({"@voxel51/operators/list_files"})  # lists any folder


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--address", default="127.0.0.1")
    options = parser.parse_args()
    token = os.environ.pop(TOKEN)
    roots = [Path(folder) for folder in os.environ.get(MEDIA, "").split(os.pathsep) if folder]
    hosts = {*LOOPBACK, *filter(None, os.environ.get(HOSTS, "").split(",")), *({options.address} - EVERY_ADDRESS)}
    server = _fiftyone()
    server.app = Guard(server.app, token, roots, hosts)
    server.start_server(port=options.port, address=options.address)


def _fiftyone() -> Any:
    """FiftyOne's own server module, with operators that run only for whoever brought the token."""
    # All three before the first import, as fiftyone/server/main.py has two of them; and no CORS, whatever settings say.
    os.environ.pop("FIFTYONE_DISABLE_SERVICES", None)
    os.environ["FIFTYONE_SERVER"] = "1"
    os.environ["FIFTYONE_ALLOWED_ORIGINS"] = ""
    from fiftyone.operators import permissions
    from fiftyone.server import main as server

    class Operators(permissions.ManagedOperators):
        """Operators of one request."""

        known = False

        @classmethod
        async def for_request(cls, request: Any, dataset_ids: Any = None) -> Any:
            """Asked by FiftyOne for every call of an operator."""
            operators = cls()
            operators.known = request.scope.get(KNOWN, False)
            return operators

        def has_operator(self, operator_uri: str) -> bool:
            """Whether it may run."""
            return self.known and operator_uri not in DENIED

    permissions.ManagedOperators = Operators
    return server


if __name__ == "__main__":
    main()
