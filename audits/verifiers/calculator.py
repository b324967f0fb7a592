"""The tool by which models calculate: arithmetic and dates, exact to 28 digits, nothing else.

Everything is bounded before it is computed: length, depth, powers and the size of results. Nothing
is evaluated by Python: the expression is parsed, and only the nodes named here are understood.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Any

from errata.answers import UnreadableAnswer, parse_answer, print_number, shorten

NAME = "calculate"
MAX_LENGTH = 400  # characters of an expression
MAX_DEPTH = 40
MAX_POWER = 400
MAX_ARGUMENTS = 50
_DIGITS = Context(prec=28, Emin=-999, Emax=999)
_SIGNS = {"^": "**", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "[": "(", "]": ")"}

TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": NAME,
        "description": (
            "Calculate one expression exactly. Numbers without thousands separators, + - * / ** "
            "// % and brackets; sqrt, ln, log10, exp, abs, min, max, sum, floor, ceil, "
            'round(x, digits); dates as texts: add_days("2024-02-19", 280) gives a date, '
            'days_between("2024-02-19", "2024-03-01") a number.'
        ),
        "parameters": {
            "type": "object",
            "properties": {
                "expression": {"type": "string", "description": "As (140 - 51) * 50 / (72 * 1.2)"}
            },
            "required": ["expression"],
            "additionalProperties": False,
        },
    },
}

Value = Decimal | date


class NotCalculable(ValueError):
    """What is wrong with an expression, in a sentence for the model."""


def calculate(expression: str) -> str:
    """The value of an expression, printed; raises NotCalculable."""
    if len(expression) > MAX_LENGTH:
        raise NotCalculable(f"The expression is over {MAX_LENGTH} characters; split it.")
    source = " ".join("".join(_SIGNS.get(sign, sign) for sign in expression).split())
    if not source.isascii():
        raise NotCalculable("Use plain signs only: digits, + - * / ** and brackets.")
    try:
        tree = ast.parse(source, mode="eval").body
        with localcontext(_DIGITS):
            return _printed(_value(tree, source, MAX_DEPTH))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NotCalculable("This is no expression that can be read.") from error
    except ZeroDivisionError as error:  # also DivisionByZero
        raise NotCalculable("This divides by zero.") from error
    except (DecimalException, OverflowError) as error:
        raise NotCalculable("The result is no number of usual size.") from error
    except NotCalculable:
        raise
    except ValueError as error:
        raise NotCalculable("This is no expression that can be read.") from error


def _value(node: ast.expr, source: str, depth: int) -> Value:
    if depth == 0:
        raise NotCalculable("The expression is nested too deeply; split it.")
    match node:
        case ast.Constant(value=bool() | complex() | None):
            pass
        case ast.Constant(value=int() | float()):
            return Decimal(source[node.col_offset : node.end_col_offset])
        case ast.Constant(value=str()):
            return _date(str(node.value))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _number(_value(operand, source, depth - 1))
            return -number if isinstance(sign, ast.USub) else +number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            one = _number(_value(left, source, depth - 1))
            return _BINARY[type(op)](one, _number(_value(right, source, depth - 1)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in _FUNCTIONS:
            if len(given) > MAX_ARGUMENTS:
                raise NotCalculable(f"{name} takes at most {MAX_ARGUMENTS} values.")
            return _call(name, [_value(each, source, depth - 1) for each in given])
    raise NotCalculable(
        f"{shorten(ast.unparse(node))} is not understood. {TOOL['function']['description']}"
    )


def _call(name: str, values: Sequence[Value]) -> Value:
    function, least, most = _FUNCTIONS[name]
    if not least <= len(values) <= most:
        raise NotCalculable(f"{name} takes {least} to {most} values, not {len(values)}.")
    if name not in _OF_DATES:
        return function(*[_number(value) for value in values])
    return function(*values)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > MAX_POWER:
        raise NotCalculable(f"Powers go to {MAX_POWER}.")
    return base**exponent


def _round(number: Decimal, digits: Decimal = Decimal(0)) -> Decimal:
    """Half away from zero, as people round."""
    if digits != int(digits) or abs(digits) > 20:
        raise NotCalculable("round takes a whole number of digits, at most 20.")
    return number.quantize(Decimal(1).scaleb(-int(digits)), rounding="ROUND_HALF_UP")


def _add_days(start: Value, days: Value) -> date:
    number = _number(days)
    if not isinstance(start, date) or number != int(number) or abs(number) > 10**6:
        raise NotCalculable('add_days takes a date and whole days: add_days("2024-02-19", 280).')
    return start + timedelta(days=int(number))


def _days_between(first: Value, last: Value) -> Decimal:
    if not isinstance(first, date) or not isinstance(last, date):
        raise NotCalculable('days_between takes two dates such as "2024-02-19".')
    return Decimal((last - first).days)


def _number(value: Value) -> Decimal:
    if isinstance(value, date):
        raise NotCalculable("A date is no number; use add_days or days_between.")
    return value


def _date(text: str) -> date:
    try:
        value = parse_answer(text, "date").value
    except UnreadableAnswer:
        value = None
    if not isinstance(value, date):
        raise NotCalculable(f"{shorten(text)} is no date; write one like 2024-02-19.")
    return value


def _printed(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if not value.is_finite():  # ln(0) is -Infinity to decimal
        raise OverflowError
    return print_number(value)


_BINARY: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: (a / b).to_integral_value("ROUND_FLOOR"),
    ast.Mod: lambda a, b: a - b * (a / b).to_integral_value("ROUND_FLOOR"),
    ast.Pow: _power,
}
# The function, and how many values it takes at least and at most.
_FUNCTIONS: dict[str, tuple[Callable[..., Value], int, int]] = {
    "sqrt": (Decimal.sqrt, 1, 1),
    "ln": (Decimal.ln, 1, 1),
    "log10": (Decimal.log10, 1, 1),
    "exp": (Decimal.exp, 1, 1),
    "abs": (abs, 1, 1),
    "min": (min, 1, MAX_ARGUMENTS),
    "max": (max, 1, MAX_ARGUMENTS),
    "sum": (lambda *numbers: sum(numbers, Decimal(0)), 1, MAX_ARGUMENTS),
    "floor": (lambda x: x.to_integral_value("ROUND_FLOOR"), 1, 1),
    "ceil": (lambda x: x.to_integral_value("ROUND_CEILING"), 1, 1),
    "round": (_round, 1, 2),
    "add_days": (_add_days, 2, 2),
    "days_between": (_days_between, 2, 2),
}
_OF_DATES = ("add_days", "days_between")
