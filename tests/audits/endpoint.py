"""A scripted OpenAI-compatible endpoint on loopback: it answers by a function and records all.

`with ScriptedEndpoint(script) as endpoint:` serves `endpoint.base_url` from a thread of its own;
`python -m tests.audits.endpoint --latency 0.2` serves one from a process of its own.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self

_REASONS = {200: "OK", 307: "Temporary Redirect", 429: "Too Many Requests"}
WAIT = 20.0  # seconds that `wait_for` waits at most


@dataclass(slots=True)
class Request:
    """One request as it arrived. `number` counts from 1; `answered` once the answer was sent."""

    number: int
    path: str
    headers: Mapping[str, str]
    raw: str
    at: float
    answered: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that was sent."""
        return json.loads(self.raw)  # type: ignore[no-any-return]

    @property
    def text(self) -> str:
        """All texts of all messages, as a model reads them."""
        return "\n".join(str(message.get("content") or "") for message in self.body["messages"])

    @property
    def mode(self) -> str:
        """The structured output that was asked for: json_schema, json_object or nothing."""
        return str(self.body.get("response_format", {}).get("type", ""))

    @property
    def tools_used(self) -> list[str]:
        """What tools answered so far, in order."""
        return [m["content"] for m in self.body["messages"] if m["role"] == "tool"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint answers. `cut` breaks the connection in the middle of the body."""

    text: str = ""
    tool_calls: tuple[tuple[str, str, str], ...] = ()
    refusal: str = ""
    finish: str = "stop"
    tokens_in: int | None = 100
    tokens_out: int = 20
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    latency: float = 0.0  # seconds before the answer
    cut: bool = False

    def body(self) -> str:
        """The answer as the API sends it."""
        if self.raw is not None:
            return self.raw
        calls = [
            {"id": one, "type": "function", "function": {"name": name, "arguments": arguments}}
            for one, name, arguments in self.tool_calls
        ]
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        message |= {"refusal": self.refusal or None} | ({"tool_calls": calls} if calls else {})
        document: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "finish_reason": "tool_calls" if calls else self.finish,
                }
            ],
        }
        if self.tokens_in is not None:
            document["usage"] = {
                "prompt_tokens": self.tokens_in,
                "completion_tokens": self.tokens_out,
                "total_tokens": self.tokens_in + self.tokens_out,
            }
        return json.dumps(document)


Script = Callable[[Request], Answer]


def says(document: Any, **more: Any) -> Answer:
    """An answer whose text is this JSON, or this text."""
    text = document if isinstance(document, str) else json.dumps(document)
    return replace(Answer(text), **more)


def calls(name: str, **arguments: Any) -> Answer:
    """The model wants this tool called."""
    return Answer(tool_calls=(("call-1", name, json.dumps(arguments)),))


def fails(status: int, message: str = "no", *, code: str = "", **headers: str) -> Answer:
    """An error as the API tells it; headers with _ for -, as in `retry_after="1"`."""
    raw = json.dumps({"error": {"message": message, "type": "error", "code": code or None}})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, raw=raw, headers=named)


def lacks(*modes: str, then: Script) -> Script:
    """The script of a server that knows none of these kinds of structured output."""

    def script(request: Request) -> Answer:
        if request.mode in modes:
            return fails(400, f"response_format of type {request.mode} is not supported")
        return then(request)

    return script


def in_turn(*answers: Answer) -> Script:
    """The answers one after the other, the last one for ever."""
    return lambda request: answers[min(request.number, len(answers)) - 1]


class ScriptedEndpoint:
    """The endpoint. `script` may be replaced while it serves."""

    def __init__(self, script: Script, *, latency: float = 0.0, port: int = 0) -> None:
        self.script = script
        self.latency = latency
        self.requests: list[Request] = []
        self.most_at_once = 0  # requests that were being answered at the same time
        self.port = port
        self._at_once = 0
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()

    @property
    def base_url(self) -> str:
        """What a panel names."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        if not self._ready.wait(WAIT):
            raise RuntimeError("The scripted endpoint does not start.")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, breaking connections that are open."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT)

    def wait_for(self, count: int, *, answered: bool = False) -> None:
        """Wait until so many requests have arrived, or were answered."""

        def enough() -> bool:
            return sum(r.answered or not answered for r in self.requests) >= count

        with self._news:
            if not self._news.wait_for(enough, WAIT):
                raise AssertionError(f"{len(self.requests)} of {count} requests arrived.")

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        pairs = (line.split(":", 1) for line in lines if ":" in line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        request = self._record(first.split(" ")[1], headers, raw.decode())
        try:
            answer = self.script(request)
            await asyncio.sleep(answer.latency or self.latency)
            writer.write(_http(answer))
            await writer.drain()
        finally:
            with self._news:
                self._at_once -= 1
        with self._news:
            request.answered = True
            self._news.notify_all()
        return not answer.cut

    def _record(self, path: str, headers: Mapping[str, str], raw: str) -> Request:
        with self._news:
            request = Request(len(self.requests) + 1, path, headers, raw, time.monotonic())
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._news.notify_all()
        return request


def _http(answer: Answer) -> bytes:
    body = answer.body().encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Scripted')}"]
    lines += [f"{name}: {value}" for name, value in (headers | dict(answer.headers)).items()]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return head + (body[: len(body) // 2] if answer.cut else body)


def main() -> None:
    """Serve one answer to everybody until standard input ends; prints the base URL."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--text", default='{"answer": "1"}')
    arguments = parser.parse_args()
    endpoint = ScriptedEndpoint(lambda _: Answer(arguments.text), latency=arguments.latency)
    with endpoint, suppress(EOFError):
        print(endpoint.base_url, flush=True)
        while True:
            input()


if __name__ == "__main__":
    main()
