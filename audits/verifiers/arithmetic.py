"""Finding and re-computing the equations in a text, such as `(140 - 51) * 50.0 kg / 2 = 2225 kg`.

Only numbers, + - * / ** and a few functions are computed, in floats; what is not understood is
left alone. A number shown with decimals stands for all that round to it, so an equation is wrong
only if no such numbers make it right.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_TEXT = 20_000  # characters read
MAX_SIDE = 240  # characters to the left of an equals sign that are looked at
_SLACK = 0.001  # of the result: constants in formulas are often shown rounded
_MAX_POWER = 400.0

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?"
_SHOWN = re.compile(rf"\s*([-\N{{MINUS SIGN}}]?\s?{NUMBER})(?![0-9])")
_GOES_ON = re.compile(r"\s*(?:[^\W\d_][^\s=.,;()]*\s*)?(?:[*+/×÷^√(\[]|[-\N{MINUS SIGN}]\s|x\s)")
_UNIT_IN_BRACKETS = re.compile(r"(?<=[0-9])\s*\((?:in\s)?[A-Za-zµμ%]+(?:[ /][A-Za-zµμ]+)*\)")
_TOKEN = re.compile(
    rf"(?P<number>{NUMBER})"
    r"|(?P<function>(?:sqrt|ln|log10|exp)(?=\s*\()|√(?=\s*\())"
    r"|(?P<open>[(\[])|(?P<close>[)\]])"
    r"|(?P<operator>\*\*|[-+*/^×÷\N{MINUS SIGN}]|x(?=\s))"
    r"|(?P<word>[^\W\d_][^\s()\[\]*+=]*|\S)"
)
_OPERATORS = {"^": "**", "×": "*", "x": "*", "÷": "/", "\N{MINUS SIGN}": "-"}
_BRACKETS = {"[": "(", "]": ")", "√": "sqrt"}
_UNKNOWN = "nan"


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation as it stands in a text, and its left side computed again.

    `reach` is how far `computed` may lie from `shown` by rounding alone, `half` is half a unit of
    the last digit of `shown`.
    """

    start: int
    end: int
    left: str
    shown: float
    computed: float
    reach: float
    half: float

    @property
    def holds(self) -> bool:
        """Whether rounding, or a change of unit by a power of ten, explains the difference."""
        if abs(self.shown - self.computed) <= self.reach:
            return True
        return self._power_of_ten()

    @property
    def loss(self) -> float:
        """The share of the value that showing so few digits takes away; 0 if units changed."""
        if not self.computed or self._power_of_ten():
            return 0.0
        return min(abs(self.shown - self.computed), self.half) / abs(self.computed)

    def _power_of_ten(self) -> bool:
        if self.shown * self.computed <= 0:
            return False
        power = math.log10(self.shown / self.computed)
        return abs(power) > 0.5 and abs(power - round(power)) < 1e-3


def equations(text: str) -> Iterator[Equation]:
    """The equations between numbers in a text, in order."""
    text = text[:MAX_TEXT]
    begin = 0
    for sign in re.finditer("=", text):
        begin, left_from = sign.end(), max(begin, sign.start() - MAX_SIDE)
        shown = _SHOWN.match(text, begin)
        if shown is None or _GOES_ON.match(text, shown.end()):
            continue
        left = _expression(text[left_from : sign.start()])
        computed = left and _compute(left)
        if computed:
            value, reach = computed
            number, half = read_number(shown[1])
            if reach or half != 0.5 or not value.is_integer():
                reach += 2 * half + _SLACK * abs(value)  # 2: some cut off instead of rounding
            yield Equation(left_from, shown.end(), left, number, value, reach, half)


def read_number(text: str) -> tuple[float, float]:
    """A number and half a unit of its last shown digit."""
    digits = re.sub(r"[,\s]", "", text).replace("\N{MINUS SIGN}", "-").lower()
    mantissa, _, exponent = digits.partition("e")
    _, _, decimals = mantissa.partition(".")
    return float(digits), 0.5 * 10.0 ** (int(exponent or 0) - len(decimals))


def _expression(text: str) -> str:
    """The expression that a text ends with, in Python's notation; empty where there is none.

    Words after an operand are its unit, words in place of one are an unknown; an operand right
    after an operand begins a new expression.
    """
    line = _UNIT_IN_BRACKETS.sub("", text.rpartition("\n")[2])
    parts: list[str] = []
    complete, end = False, 0  # whether an operand ends the parts; where the last part ended
    for token in _TOKEN.finditer(line):
        kind, piece = token.lastgroup, token[0]
        if kind == "word":
            complete = _add_word(parts, piece, complete)
            continue
        gap = line[end : token.start()]
        if kind == "operator":
            sign = _is_sign(line, token)
            if sign and gap.strip():
                parts.clear()  # "a score of 2 makes the total -1 + 2"
            elif not parts and not sign:
                parts.append(_UNKNOWN)
            piece = _OPERATORS.get(piece, piece)
        elif kind != "close" and complete:
            if kind == "open" and not gap:
                parts.append("*")
            else:
                parts.clear()
        parts.append(_BRACKETS.get(piece, piece).replace(",", ""))
        complete, end = kind in ("number", "close"), token.end()
    return _balanced(parts) if complete else ""


def _add_word(parts: list[str], word: str, complete: bool) -> bool:
    """Take a word as unit or unknown; return whether an operand ends the parts now."""
    if parts and not complete:
        parts.append(_UNKNOWN)
    elif parts and word.startswith(("%", "°")):
        parts.append("*" + _UNKNOWN)  # a share or a converted scale: not ours to guess
    return bool(parts)


def _is_sign(line: str, token: re.Match[str]) -> bool:
    """Whether a minus belongs to the number after it: blank before it, none after."""
    before, after = line[token.start() - 1 : token.start()], line[token.end() : token.end() + 1]
    return token[0] in "-\N{MINUS SIGN}" and not before.strip() and bool(after.strip())


def _balanced(parts: list[str]) -> str:
    """The parts as one text, brackets that were opened before the expression left out."""
    surplus = parts.count("(") - parts.count(")")
    while surplus > 0 and parts and parts[0] == "(":
        parts, surplus = parts[1:], surplus - 1
    return "".join(parts) if surplus == 0 and len(parts) > 2 else ""


def _compute(source: str) -> tuple[float, float] | None:
    """The value of an expression and how far rounded operands may move it; None if unknown."""
    try:
        tree = ast.parse(source, mode="eval").body
        value, error = _Evaluation(source).of(tree)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return None
    if isinstance(tree, ast.Constant | ast.UnaryOp) or not math.isfinite(value + error):
        return None
    return value, error


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Values with first-order errors. Raises ValueError or ArithmeticError for anything odd."""

    source: str

    def of(self, node: ast.expr) -> tuple[float, float]:
        match node:
            case ast.Constant(value=int()):
                return float(node.value), 0.0  # type: ignore[arg-type]
            case ast.Constant(value=float()):
                return read_number(self.source[node.col_offset : node.end_col_offset])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value, error = self.of(operand)
                return -value, error
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _BINARY[type(op)](*self.of(left), *self.of(right))
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _FUNCTIONS:
                value, error = self.of(argument)
                function = _FUNCTIONS[name]
                result = function(value)
                return result, abs(function(value + error) - result) if error else 0.0
        raise ValueError("not arithmetic")


def _times(a: float, da: float, b: float, db: float) -> tuple[float, float]:
    return a * b, abs(a) * db + abs(b) * da


def _by(a: float, da: float, b: float, db: float) -> tuple[float, float]:
    return a / b, (da + abs(a / b) * db) / abs(b)


def _power(a: float, da: float, b: float, db: float) -> tuple[float, float]:
    if a < 0 or abs(b) > _MAX_POWER:
        raise ValueError("not a power that is computed here")
    result = a**b
    return result, abs(b * result / a) * da + abs(result * math.log(a)) * db if a else 0.0


_BINARY: dict[type[ast.operator], Callable[..., tuple[float, float]]] = {
    ast.Add: lambda a, da, b, db: (a + b, da + db),
    ast.Sub: lambda a, da, b, db: (a - b, da + db),
    ast.Mult: _times,
    ast.Div: _by,
    ast.Pow: _power,
}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "ln": math.log,
    "log10": math.log10,
    "exp": math.exp,
}
