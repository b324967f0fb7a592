"""Getting one usable answer out of a model: calculations on the way, one repair, else a failure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from audits.errors import CallFailed
from audits.verifiers.base import Ask, Reply
from audits.verifiers.calculator import NAME, TOOL, NotCalculable, calculate

MAX_CALCULATIONS = 30  # of one vote
MAX_ROUNDS = 12  # replies that want something calculated
_SHOWN = 4_000  # characters of an unusable answer that are shown to its model again
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_T = TypeVar("_T")

Messages = Sequence[Mapping[str, Any]]


class Malformed(ValueError):
    """An answer that cannot be used; the sentence tells the model what to mend."""


async def converse(
    ask: Ask,
    messages: Messages,
    schema: Mapping[str, Any],
    read: Callable[[dict[str, Any]], _T],
    *,
    calculator: bool = False,
) -> _T:
    """What `read` makes of the JSON object that the model answers with.

    `read` raises Malformed for an object that it cannot use. A model whose answer cannot be used
    is told why and asked once more; then CallFailed is raised. With `calculator` the model may
    call the tool `calculate`, boundedly; any other tool is only told not to be there.
    """
    told = list(messages)
    reply = await _calculated(ask, told, schema, MAX_ROUNDS if calculator else 0)
    try:
        return read(_object(reply))
    except Malformed as error:
        why = str(error)
    told += [{"role": "assistant", "content": reply.text[:_SHOWN] or "(nothing)"}]
    told += [{"role": "user", "content": f"{why} Answer again with one JSON object, mended."}]
    try:
        return read(_object(await ask(told, schema=schema)))
    except Malformed as error:
        raise CallFailed(f"No usable answer, also when asked again: {error}") from error


async def _calculated(
    ask: Ask, told: list[Mapping[str, Any]], schema: Mapping[str, Any], rounds: int
) -> Reply:
    """The first reply that wants nothing calculated; what was said before is added to `told`."""
    left = MAX_CALCULATIONS
    for _ in range(rounds):
        reply = await ask(told, schema=schema, tools=[TOOL])
        if not reply.tool_calls:
            return reply
        told.append(_as_message(reply))
        for number, (call, name, arguments) in enumerate(reply.tool_calls):
            result = _result(name, arguments) if number < left else _ENOUGH
            told.append({"role": "tool", "tool_call_id": call, "content": result})
        left -= len(reply.tool_calls)
        if left <= 0:
            break
    return await ask(told, schema=schema)


_ENOUGH = "error: no calculation is left; answer with what you have."


def _as_message(reply: Reply) -> dict[str, Any]:
    calls = [
        {"id": call, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call, name, arguments in reply.tool_calls
    ]
    return {"role": "assistant", "content": reply.text or None, "tool_calls": calls}


def _result(name: str, arguments: str) -> str:
    if name != NAME:
        return f"error: there is no such tool; there is only {NAME}."
    try:
        given = json.loads(arguments)
        if not isinstance(given, dict) or not isinstance(given.get("expression"), str):
            raise NotCalculable('Give {"expression": "…"}.')
        return calculate(given["expression"])
    except (ValueError, RecursionError) as error:  # NotCalculable is a ValueError too
        return f"error: {error}"


def _object(reply: Reply) -> dict[str, Any]:
    """The JSON object in a reply; Malformed for anything else.

    Thoughts that a server leaves in front of it, and a Markdown fence around it, are taken off.
    """
    if reply.cut:
        raise Malformed("Your answer ran into the limit of tokens. Be brief.")
    if reply.tool_calls:
        raise Malformed("No tool can be called now.")
    text = _THOUGHTS.sub("", reply.text).strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    try:
        answer = json.loads(text)
        json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Malformed("Your answer holds half a surrogate pair.") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"Your answer is no JSON ({str(error)[:200]}).") from None
    if not isinstance(answer, dict):
        raise Malformed("Your answer is no JSON object.")
    return answer
