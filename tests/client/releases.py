"""A small release made by hand, and a real HTTP server that serves it as a hub does."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from errata.manifest import history_root, sha256_hex

from tests.client.keys import signature

Files = dict[str, bytes]


def make_row(key: str, answer: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "text", "answer": answer, "digest": sha256_hex(key), **more}


TEST_ROWS = [make_row("b/1", "green"), make_row("a/2", "N/A", inputs={"note": "Grüner Tee"})]
TRAIN_ROWS = [make_row("c/3", "black")]


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def listing(files: Files) -> list[dict[str, Any]]:
    return [
        {"path": path, "sha256": sha256_hex(data), "size": len(data)}
        for path, data in files.items()
    ]


def make_release(
    *,
    test: bytes | None = None,
    more: Files | None = None,
    signed: Callable[[bytes], bytes] = signature,
    **manifest: Any,
) -> Files:
    """The files of tea@1.1.0, manifest and signature among them, with whatever is to be other."""
    files = {
        "data/test.jsonl": json_lines(TEST_ROWS) if test is None else test,
        "data/train.jsonl": json_lines(TRAIN_ROWS),
        "CHANGELOG.md": b"# 1.1.0\n" * 50_000,
        **(more or {}),
    }
    root = history_root((row["key"], row["digest"]) for row in TEST_ROWS + TRAIN_ROWS)
    document = {
        "format": 1,
        "benchmark": {"slug": "tea", "title": "Tea"},
        "version": "1.1.0",
        "sequence": 2,
        "previous": "1.0.0",
        "history_root": root,
        "counts": {"test": 2, "train": 1},
        "files": listing(files),
    }
    files["manifest.json"] = json.dumps(document | manifest).encode()
    if made := signed(files["manifest.json"]):
        files["manifest.sig"] = made
    return files


def write_release(folder: Path, files: Files) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


class FakeHub:
    """What the server serves and how it misbehaves; `asked` lists the requests it saw."""

    def __init__(self, files: Files) -> None:
        self.files = dict(files)
        self.listed = listing(files)
        self.sent = dict(files)  # may differ from what is listed
        self.status = "published"
        self.withdrawal: dict[str, str] | None = None
        self.named, self.version = "tea", "1.1.0"
        self.upstream: dict[str, list[str]] = {}
        self.token = ""
        self.breaks: dict[str, list[int]] = {}  # path: after how many bytes to break off, in turn
        self.declares_length = True
        self.knows_ranges = True
        self.fails_with = 0
        self.says: dict[str, Any] | None = None  # in answer to whatever is asked or sent
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.address = ""

    @property
    def asked_files(self) -> list[str]:
        return [path for path in self.asked if "/files/" in path]

    def document(self) -> bytes:
        answer = {"benchmark": self.named, "version": self.version, "status": self.status} | {
            "withdrawal": self.withdrawal
        }
        return json.dumps(answer | {"files": self.listed}).encode()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.hub.asked.append(self.path)
        if asked := self.headers.get("Range"):
            self.hub.ranges.append(asked)
        base = "/api/v1/benchmarks/tea/releases/"
        name = parse_qs(urlsplit(self.path).query).get("name", [""])[0]
        self.path = urlsplit(self.path).path  # a proxy is asked for whole addresses
        version, _, rest = self.path.removeprefix(base).partition("/")
        if self.hub.says is not None:
            self.answer(self.hub.fails_with or 200, json.dumps(self.hub.says).encode())
        elif self.hub.fails_with:
            self.answer(self.hub.fails_with, b"")
        elif self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self.answer(401, b"{}")
        elif name:
            self.send_named(self.hub.upstream.get(name, []))
        elif not self.path.startswith(base) or version not in ("latest", "1.1.0"):
            self.answer(404, b"{}")
        elif not rest:
            self.send_document()
        else:
            self.send_file(unquote(rest.removeprefix("files/")))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def send_named(self, versions: list[str]) -> None:
        if len(versions) == 1:
            self.send_document()
            return
        message = f"It stands for several: {', '.join(f'tea@{each}' for each in versions)}."
        code, told = (400, "ambiguous_version") if versions else (404, "no_release")
        self.answer(code, json.dumps({"code": told, "message": message}).encode())

    def send_document(self) -> None:
        data = self.hub.document()
        etag = f'"{sha256_hex(data)}"'
        if self.headers.get("If-None-Match") == etag:
            self.answer(304, b"", ETag=etag)
        else:
            self.answer(200, data, ETag=etag)

    def send_file(self, path: str) -> None:
        data = self.hub.sent[path]
        etag = f'"{sha256_hex(data)}"'
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        code = 200
        if start and self.hub.knows_ranges and self.headers.get("If-Range") == etag:
            code, data = 206, data[start:]
        stops = self.hub.breaks.get(path)
        length = len(data)
        self.answer(code, data[: stops.pop(0)] if stops else data, length, ETag=etag)

    def answer(self, code: int, data: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.hub.declares_length:
            self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Serve a hub on a free port of this machine."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
