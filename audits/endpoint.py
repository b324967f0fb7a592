"""One call of a model at an OpenAI-compatible endpoint, and what its failures mean.

No limits and no retries here: who asks knows what the hub may still spend. What a server turns out
to lack (JSON schemas, the name of a parameter) is remembered for as long as the process lives.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import ModuleType, TracebackType
from typing import Any, Self

from audits.errors import Busy, CallFailed
from audits.panel import MODES, EndpointSettings, ModelSettings
from audits.verifiers.base import Reply

MAX_WAIT = 600.0  # seconds; no Retry-After is believed beyond
_BYTES_PER_MESSAGE = 16  # what chat templates put around each
_SHOWN = 300  # characters of an endpoint's words that an error repeats
_ABOUT_FORMAT = re.compile(r"response_format|json_schema|json_object|structured|guided", re.I)
_NEWER = "max_completion_tokens"
_ACCOUNT = ("OpenAI-Organization", "OpenAI-Project")

_modes: dict[tuple[str, str], str] = {}  # by base URL and model: the best mode it understands
_newer: set[tuple[str, str]] = set()  # those that want the newer name of the token limit


class EndpointClient:
    """Asks the models of one endpoint. Belongs to one event loop; close it with `async with`."""

    def __init__(self, settings: EndpointSettings, key: str) -> None:
        openai = _openai()
        self._headers = {} if key else {"Authorization": openai.Omit()}
        self._settings = settings
        # A redirect would take the text to a host that nobody was told of.
        self._client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=settings.base_url,
            timeout=settings.timeout,
            max_retries=0,
            # The process's environment may name an account that is none of this endpoint's.
            default_headers=dict.fromkeys(_ACCOUNT, openai.Omit()),
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self._client.close()

    async def complete(
        self,
        model: ModelSettings,
        messages: Sequence[Mapping[str, Any]],
        *,
        schema: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> Reply:
        """What the model answers; with `schema`, JSON of that schema as far as the server can.

        Raises CallFailed for what would fail again, Busy for what may work later.
        """
        place = (self._settings.base_url, model.model)
        while True:
            mode = _modes.get(place, self._settings.structured) if schema else "none"
            limit = _NEWER if place in _newer else "max_tokens"
            request = _request(model, messages, schema, mode) | {limit: model.max_tokens}
            if tools:
                request["tools"] = list(tools)
            create = self._client.chat.completions.create
            try:
                answer = await _within(
                    self._settings, create(**request, extra_headers=self._headers)
                )
                return _read(answer, model, most_tokens(messages, schema, tools))
            except _openai().APIStatusError as error:
                if not _learned(error, place, mode, limit):
                    raise _meaning(self._settings, error) from error
            except (AttributeError, TypeError) as error:
                raise Busy(f"{self._settings.host} sent an answer of another form.") from error


def most_tokens(
    messages: Sequence[Mapping[str, Any]],
    schema: Mapping[str, Any] | None = None,
    tools: Sequence[Mapping[str, Any]] = (),
) -> int:
    """How many tokens a request can be at most: no tokenizer makes more tokens than bytes."""
    texts = [*messages, *tools, *([schema] if schema else [])]
    return sum(len(json.dumps(t, ensure_ascii=False).encode()) + _BYTES_PER_MESSAGE for t in texts)


@lru_cache(maxsize=1)
def _openai() -> ModuleType:
    """The package, imported when a model is first asked: it takes a second."""
    import openai

    return openai


async def _within(settings: EndpointSettings, call: Awaitable[Any]) -> Any:
    """What a call returns; Busy where it takes too long, breaks off or makes no sense."""
    openai = _openai()
    try:
        async with asyncio.timeout(settings.timeout):
            return await call
    except (TimeoutError, openai.APITimeoutError) as error:
        raise Busy(f"{settings.host} did not answer in {settings.timeout:g} s.") from error
    except openai.APIConnectionError as error:
        why = error.__cause__ or error
        raise Busy(f"{settings.host} cannot be reached or broke off: {why}") from error
    except (openai.APIResponseValidationError, ValueError) as error:
        raise Busy(f"{settings.host} sent an answer that is no JSON.") from error


def _read(answer: Any, model: ModelSettings, most_in: int) -> Reply:
    """The reply in an answer; tokens that the server does not count are taken at their most."""
    usage = getattr(answer, "usage", None)
    tokens = (
        (usage.prompt_tokens or 0, usage.completion_tokens or 0)
        if usage
        else (most_in, model.max_tokens)
    )
    choices = getattr(answer, "choices", None)
    if not choices:
        raise Busy(f"{model.endpoint} sent an answer without a choice.")
    message, finish = choices[0].message, choices[0].finish_reason
    if message.refusal or finish == "content_filter":
        why = (message.refusal or "filtered by the endpoint")[:_SHOWN]
        raise CallFailed(f"{model.model} refuses: {why}", tokens_in=tokens[0], tokens_out=tokens[1])
    wanted = tuple(
        (call.id, call.function.name, call.function.arguments)
        for call in message.tool_calls or ()
        if call.type == "function"
    )
    return Reply(
        text=message.content or "",
        tool_calls=wanted,
        tokens_in=tokens[0],
        tokens_out=tokens[1],
        cut=finish == "length",
    )


def _request(
    model: ModelSettings,
    messages: Sequence[Mapping[str, Any]],
    schema: Mapping[str, Any] | None,
    mode: str,
) -> dict[str, Any]:
    request: dict[str, Any] = {"model": model.model, "messages": list(messages)}
    if model.temperature:
        request["temperature"] = float(model.temperature)
    if schema and mode != "json_schema":
        request["messages"] = _with_schema(messages, schema)
    if schema and mode != "none":
        request["response_format"] = _format(schema, mode)
    return request


def _format(schema: Mapping[str, Any], mode: str) -> dict[str, Any]:
    if mode == "json_object":
        return {"type": "json_object"}
    named = {"name": "answer", "schema": dict(schema), "strict": True}
    return {"type": "json_schema", "json_schema": named}


def _with_schema(
    messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The messages with the schema at the end of the first, for servers that take none."""
    told = [dict(message) for message in messages]
    told[0]["content"] += (
        "\n\nAnswer with one JSON object and nothing else. It must fit this JSON schema:\n"
        + json.dumps(schema, ensure_ascii=False)
    )
    return told


def _learned(error: Any, place: tuple[str, str], mode: str, limit: str) -> bool:
    """Whether a refusal says what the server lacks, so that asking otherwise may work."""
    if error.status_code not in (400, 422):
        return False
    message = str(error.message)
    if _NEWER in message and limit != _NEWER:
        _newer.add(place)
        return True
    if mode != "none" and _ABOUT_FORMAT.search(message):
        _modes[place] = MODES[MODES.index(mode) + 1]
        return True
    return False


def _meaning(settings: EndpointSettings, error: Any) -> CallFailed | Busy:
    """What an HTTP error means for who asked."""
    status, host = error.status_code, settings.host
    said = str(error.message)[:_SHOWN]
    if status == 429 and error.code == "insufficient_quota":
        return CallFailed(f"The account at {host} has no money left: {said}")
    if status in (408, 409, 425, 429) or status >= 500:
        return Busy(f"{host} answered {status}: {said}", _retry_after(error.response.headers))
    if status in (401, 403):
        name = settings.key_env or "key_env of the endpoint, which is not set"
        return CallFailed(f"{host} answered {status}: {said} Check the key in {name}.")
    return CallFailed(f"{host} answered {status}: {said}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number of seconds or a date; None where nothing sensible is said."""
    text = headers.get("retry-after", "")
    with suppress(ValueError, TypeError):
        seconds = float(text)
        return min(max(seconds, 0.0), MAX_WAIT) if seconds == seconds else None
    with suppress(ValueError, TypeError):
        said, sent = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return min(max((said - sent).total_seconds(), 0.0), MAX_WAIT)
    return None
