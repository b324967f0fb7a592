"""A site elsewhere that says who somebody is: GitHub and ORCID as far as signing in goes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

ORCID = "0000-0002-1825-0097"
ANSWERS: dict[str, Any] = {
    "/user": {"id": 77, "login": "octo-ada", "name": "Ada Byron", "html_url": "http://x/octo-ada"},
    "/user/emails": [{"email": "ada@example.org", "primary": True, "verified": True}],
    f"/v3.0/{ORCID}/record": {
        "orcid-identifier": {"path": ORCID, "uri": f"http://x/{ORCID}"},
        "person": {"name": {"given-names": {"value": "Ada"}, "family-name": {"value": "Byron"}}},
    },
}


class _Elsewhere(BaseHTTPRequestHandler):
    """Gives a token for the code `good`, and to its bearer what ANSWERS says."""

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(size).decode())
        if form.get("code") != ["good"] or form.get("client_secret") != ["secret"]:
            self._say({"error": "bad_verification_code"}, 400)
            return
        self._say({"access_token": "t", "token_type": "bearer", "orcid": ORCID})

    def do_GET(self) -> None:
        found = ANSWERS.get(self.path.partition("?")[0])
        self._say(found or {}, 200 if found else 404)

    def _say(self, answer: Any, status: int = 200) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def elsewhere() -> Iterator[str]:
    """The site's address while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
