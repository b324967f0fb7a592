"""Amounts of money: whole billionths of the panel's currency inside, decimals outside."""

from decimal import Decimal, InvalidOperation

from registry.errors import InvalidInput

BILLION = 10**9
_MOST = Decimal(10**9)


def read_amount(text: str, field: str = "budget") -> int:
    """Billionths from a decimal such as `12.50`; InvalidInput for anything else."""
    try:
        amount = Decimal(text.strip())
        if not 0 <= amount <= _MOST:
            raise InvalidOperation
    except InvalidOperation:
        raise InvalidInput(
            f"'{text}' is no amount: give a number such as 12.50.", field=field
        ) from None
    return int(amount * BILLION)


def print_amount(billionths: int, currency: str = "") -> str:
    """An amount for people: two decimals, more where it would else read as nothing."""
    amount = Decimal(billionths) / BILLION
    places = 2 if amount >= 1 or not billionths else 4
    if billionths and amount < Decimal("0.0001"):
        text = f"{amount:.9f}".rstrip("0")
    else:
        text = f"{amount:,.{places}f}"
    return f"{text} {currency}".strip()
