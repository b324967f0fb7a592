"""The endpoint client against the scripted server: what it sends, and what failures mean."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from audits.endpoint import MAX_WAIT, EndpointClient, most_tokens
from audits.errors import Busy, CallFailed
from audits.panel import EndpointSettings, ModelSettings
from audits.verifiers.base import Reply
from tests.audits.endpoint import (
    Answer,
    Request,
    ScriptedEndpoint,
    calls,
    fails,
    in_turn,
    lacks,
    says,
)

MESSAGES = ({"role": "system", "content": "Answer."}, {"role": "user", "content": "What is it?"})
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "calculate", "parameters": {"type": "object", "properties": {}}},
}
MODEL = ModelSettings(name="a", endpoint="here", model="model-a", temperature="0.7", max_tokens=64)


def ask(
    endpoint: ScriptedEndpoint,
    *,
    key: str = "secret",
    times: int = 1,
    model: ModelSettings = MODEL,
    settings: dict[str, Any] | None = None,
    tools: Sequence[dict[str, Any]] = (),
    schema: dict[str, Any] | None = SCHEMA,
) -> list[Reply]:
    """Ask so many times at once."""
    settings = {"name": "here", "base_url": endpoint.base_url, "key_env": "MY_KEY"} | (
        settings or {}
    )

    async def main() -> list[Reply]:
        async with EndpointClient(EndpointSettings(**settings), key) as client:
            call = client.complete
            each = [call(model, MESSAGES, schema=schema, tools=tools) for _ in range(times)]
            return list(await asyncio.gather(*each))

    return asyncio.run(main())


def test_a_call_sends_what_the_panel_says(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: says({"answer": "7"}, tokens_in=31, tokens_out=5)
    [reply] = ask(endpoint)
    assert reply == Reply(text='{"answer": "7"}', tokens_in=31, tokens_out=5)
    [request] = endpoint.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer secret"
    assert request.body["model"] == "model-a"
    assert request.body["temperature"] == 0.7
    assert request.body["max_tokens"] == 64
    assert request.body["messages"] == list(MESSAGES)
    assert request.body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_without_a_key_no_authorization_is_sent(
    endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "somebody-elses")
    monkeypatch.setenv("OPENAI_ORG_ID", "somebody-elses")
    endpoint.script = lambda _: says({"answer": "7"})
    ask(endpoint, key="")
    assert "somebody-elses" not in json.dumps(endpoint.requests[0].headers)
    assert "authorization" not in endpoint.requests[0].headers


def test_an_empty_temperature_is_left_to_the_endpoint(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: says({"answer": "7"})
    ask(endpoint, model=ModelSettings(name="b", endpoint="here", model="b", temperature=""))
    assert "temperature" not in endpoint.requests[0].body


def test_tools_are_offered_and_wanted_calls_returned(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: calls("calculate", expression="1 + 1")
    [reply] = ask(endpoint, tools=[TOOL])
    assert reply.tool_calls == (("call-1", "calculate", '{"expression": "1 + 1"}'),)
    assert endpoint.requests[0].body["tools"] == [TOOL]


@pytest.mark.parametrize(
    ("missing", "modes"),
    [
        (("json_schema",), ["json_schema", "json_object", "json_object"]),
        (("json_schema", "json_object"), ["json_schema", "json_object", "", ""]),
    ],
)
def test_what_a_server_lacks_is_asked_once(
    endpoint: ScriptedEndpoint, missing: Sequence[str], modes: Sequence[str]
) -> None:
    endpoint.script = lacks(*missing, then=lambda _: says({"answer": "7"}))
    assert ask(endpoint)[0].text == '{"answer": "7"}'
    assert ask(endpoint)[0].text == '{"answer": "7"}'  # another client of the same process
    assert [request.mode for request in endpoint.requests] == modes
    assert json.dumps(SCHEMA) in endpoint.requests[-1].body["messages"][0]["content"]
    assert len(endpoint.requests[-1].body["messages"]) == len(MESSAGES)


def test_many_that_find_out_at_once_step_down_once(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lacks("json_schema", then=lambda _: says({"answer": "7"}))
    assert len(ask(endpoint, times=8)) == 8
    assert {request.mode for request in endpoint.requests} == {"json_schema", "json_object"}


def test_the_newer_name_of_the_token_limit(endpoint: ScriptedEndpoint) -> None:
    def script(request: Request) -> Answer:
        if "max_tokens" in request.body:
            return fails(400, "Unsupported 'max_tokens': use 'max_completion_tokens' instead.")
        return says({"answer": "7"})

    endpoint.script = script
    ask(endpoint, times=3)
    assert endpoint.requests[-1].body["max_completion_tokens"] == 64


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (fails(429, "slow down", retry_after="2"), 2.0),
        (fails(429, "slow down", retry_after="1e99"), MAX_WAIT),
        (fails(429, "slow down", retry_after="nan"), None),
        (fails(429, "slow down", retry_after="soon"), None),
        (
            fails(
                503,
                date="Thu, 26 Nov 2026 12:00:00 GMT",
                retry_after="Thu, 26 Nov 2026 12:00:30 GMT",
            ),
            30.0,
        ),
        (fails(500), None),
        (says({"answer": "7"}, cut=True), None),
        (Answer(raw="<html>Bad gateway</html>"), None),
        (Answer(raw='{"object": "chat.completion", "choices": []}'), None),
        (Answer(raw="[]"), None),
        (Answer(raw='{"choices": [{}]}'), None),
    ],
)
def test_what_may_work_later_is_busy(
    endpoint: ScriptedEndpoint, answer: Answer, retry_after: float | None
) -> None:
    endpoint.script = lambda _: answer
    with pytest.raises(Busy) as caught:
        ask(endpoint)
    assert caught.value.retry_after == retry_after
    assert len(endpoint.requests) == 1  # nobody but the runner tries again


def test_an_endpoint_that_takes_too_long_is_busy(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: says({"answer": "7"}, latency=5.0)
    with pytest.raises(Busy, match=r"did not answer in 0\.2 s"):
        ask(endpoint, settings={"timeout": 0.2})


def test_an_endpoint_that_is_not_there_is_busy(endpoint: ScriptedEndpoint) -> None:
    with pytest.raises(Busy, match="cannot be reached"):
        ask(endpoint, settings={"base_url": "http://127.0.0.1:9/v1"})


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (fails(400, "context too long"), "400.*context too long"),
        (fails(401, "bad key"), "401.*bad key.*MY_KEY"),
        (fails(404, "no such model"), "404.*no such model"),
        (fails(429, "pay", code="insufficient_quota"), "no money left"),
        (says("", finish="content_filter"), "refuses: filtered"),
    ],
)
def test_what_would_fail_again_is_final(
    endpoint: ScriptedEndpoint, answer: Answer, sentence: str
) -> None:
    endpoint.script = lambda _: answer
    with pytest.raises(CallFailed, match=sentence):
        ask(endpoint)
    assert len(endpoint.requests) == 1


def test_a_refusal_tells_what_it_cost(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: Answer(refusal="I won't.", tokens_in=40, tokens_out=3)
    with pytest.raises(CallFailed, match="I won't") as caught:
        ask(endpoint)
    assert (caught.value.tokens_in, caught.value.tokens_out) == (40, 3)


def test_no_text_follows_a_redirect(endpoint: ScriptedEndpoint) -> None:
    with ScriptedEndpoint(lambda _: says({"answer": "7"})) as other:
        target = f"{other.base_url}/chat/completions"
        endpoint.script = lambda _: fails(307, "over there", location=target)
        with pytest.raises(CallFailed, match="307"):
            ask(endpoint)
        assert other.requests == []


def test_an_answer_cut_off_by_the_token_limit_is_marked(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: says('{"answer": "7', finish="length")
    assert ask(endpoint)[0].cut


def test_tokens_nobody_counted_are_taken_at_their_most(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: says({"answer": "7"}, tokens_in=None)
    [reply] = ask(endpoint)
    assert reply.tokens_in == most_tokens(MESSAGES, SCHEMA) > 100
    assert reply.tokens_out == MODEL.max_tokens


def test_the_server_counts_and_takes_many_at_once(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = lambda _: says({"answer": "7"}, latency=0.1)
    ask(endpoint, times=20)
    endpoint.wait_for(20, answered=True)
    assert endpoint.most_at_once == 20


def test_answers_in_turn(endpoint: ScriptedEndpoint) -> None:
    script: Callable[[Request], Answer] = in_turn(says("one"), says("two"))
    endpoint.script = script
    assert [ask(endpoint, schema=None)[0].text for _ in range(3)] == ["one", "two", "two"]


def test_the_package_is_imported_when_a_model_is_first_asked() -> None:
    code = "import sys, audits.endpoint, audits.catalog; print('openai' in sys.modules)"
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stdout.strip() == "False"
