"""Signatures and handovers, without a hub and without files."""

import json
from dataclasses import replace
from typing import Any

import pytest
from errata.manifest import sha256_hex
from errata.signing import (
    Handover,
    InvalidSignature,
    Signature,
    Vouching,
    hands_over,
    is_key,
    is_late,
    is_signed,
    vouching,
)

from tests.client.keys import handover, key, sign_with, signature

M = sha256_hex(b"m")
# RFC 8032, 7.1, test 2
_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
_SIGNED = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_standard_s_own_example_holds() -> None:
    assert is_signed(_KEY, _SIGNED, b"r")
    assert not is_signed(_KEY, _SIGNED, b"s")
    assert not is_signed(key(1), _SIGNED, b"r")
    assert is_key(_KEY)
    assert not is_key(_KEY.upper())


def test_a_signature_covers_exact_bytes() -> None:
    found = Signature.from_json(signature(b"manifest"))
    assert found.covers(b"manifest")
    assert not found.covers(b"Manifest")
    assert not replace(found, key=key(2)).covers(b"manifest")
    assert found.to_json().encode() == signature(b"manifest")


@pytest.mark.parametrize(
    ("start", "goal", "handovers", "forward", "backward"),
    [
        (1, 1, [], True, True),
        (1, 2, [], False, False),
        (1, 2, [(1, 2)], True, False),
        (2, 1, [(1, 2)], False, True),
        (1, 3, [(2, 3), (1, 2)], True, False),
        (3, 1, [(1, 2), (2, 3)], False, True),
        (1, 3, [(1, 2)], False, False),
        # Whoever stole key 1 hands it over to key 9: that binds nobody who trusts key 2.
        (2, 9, [(1, 2), (1, 9)], False, False),
        (1, 9, [(1, 2), (1, 9)], True, False),
        (1, 2, [(1, 2), (2, 1)], True, True),
    ],
)
def test_which_key_leads_to_which(
    start: int, goal: int, handovers: list[tuple[int, int]], forward: bool, backward: bool
) -> None:
    told = [handover(old, new) for old, new in handovers]
    assert hands_over(key(start), key(goal), told) is forward
    vouched = vouching(key(start), key(goal), M, told)
    assert vouched is (Vouching.UNKNOWN if backward else Vouching.NONE)


@pytest.mark.parametrize(
    ("start", "goal", "handovers", "vouched"),
    [
        (2, 1, [handover(1, 2, {1: [b"m"]})], Vouching.LISTED),
        (2, 1, [handover(1, 2, {1: [b"other"]})], Vouching.LATE),
        (2, 1, [handover(1, 2, {})], Vouching.LATE),
        (2, 9, [handover(1, 2, {1: [b"m"]})], Vouching.NONE),
        (1, 2, [handover(1, 2, {1: [b"m"]})], Vouching.NONE),
        (2, 1, [handover(1, 2, {1: [b"m"]}, by_new=1)], Vouching.NONE),
        # The newest statement lists all, so earlier ones without a list do no harm any more.
        (3, 1, [handover(1, 2), handover(2, 3, {1: [b"m"], 2: []})], Vouching.LISTED),
        (3, 1, [handover(1, 2), handover(2, 3, {1: [b"other"]})], Vouching.LATE),
        # Whoever stole key 2 says that 9 was before it, or that the hub signed more.
        (3, 9, [handover(9, 2), handover(2, 3, {1: [b"m"]})], Vouching.NONE),
        (3, 1, [handover(1, 2, {1: [b"m"]}), handover(2, 3, {2: [b"n"]})], Vouching.NONE),
        (3, 1, [handover(1, 2, {1: [b"m"]}), handover(2, 3)], Vouching.NONE),
    ],
)
def test_what_a_handover_lists_decides(
    start: int, goal: int, handovers: list[Handover], vouched: Vouching
) -> None:
    assert vouching(key(start), key(goal), M, handovers) is vouched
    stripped = [replace(each, releases=None) for each in handovers]
    assert vouching(key(start), key(goal), M, stripped) in (Vouching.NONE, vouched)


def test_what_a_key_signs_after_it_handed_over_is_late() -> None:
    told = [handover(1, 2, {1: [b"m"]})]
    assert not is_late(key(1), M, told)
    assert is_late(key(1), sha256_hex(b"other"), told)
    assert not is_late(key(2), sha256_hex(b"other"), told)
    assert not is_late(key(1), sha256_hex(b"other"), [handover(1, 2)])
    assert not is_late(key(1), M, [handover(1, 9, {}, by_old=9)])


def test_forged_handovers_lead_nowhere() -> None:
    by_the_new_alone = handover(1, 9, by_old=9)
    assert not hands_over(key(1), key(9), [by_the_new_alone])
    by_the_old_alone = handover(9, 2, by_new=9)
    assert vouching(key(2), key(9), M, [by_the_old_alone]) is Vouching.NONE
    moved = replace(handover(1, 2), new=key(9))
    assert not hands_over(key(1), key(9), [moved])
    later = replace(handover(1, 2), at="2027-01-02T03:04:05Z")
    assert not hands_over(key(1), key(2), [later])


def test_a_manifest_is_no_handover() -> None:
    """The text that a handover signs says what it is."""
    plain = json.dumps({"old": key(1), "new": key(2), "at": "2026"}).encode()
    forged = Handover(key(1), key(2), "2026", sign_with(1)(plain).hex(), sign_with(2)(plain).hex())
    assert not hands_over(key(1), key(2), [forged])


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"key": "0"},
        {"key": None},
        {"signature": "0" * 64},
        {"handovers": None},
        {"handovers": ["x"]},
        {"handovers": [{}]},
        {"handovers": [handover(1, 2).to_dict() | {"at": "then"}]},
        {"handovers": [handover(1, 2).to_dict() | {"releases": []}]},
        {"handovers": [handover(1, 2).to_dict() | {"releases": {key(1): M}}]},
        {"handovers": [handover(1, 2).to_dict() | {"releases": {key(1): [7]}}]},
        {"handovers": [handover(1, 2).to_dict() | {"releases": {"1": [M]}}]},
    ],
)
def test_what_is_no_signature(change: dict[str, Any]) -> None:
    document = json.loads(signature(b"m", 2, handover(1, 2))) | change
    with pytest.raises(InvalidSignature):
        Signature.from_json(json.dumps(document))


def test_what_is_not_even_json() -> None:
    for text in ("", "[]", "7", "[" * 100_000, "-----BEGIN PGP SIGNATURE-----"):
        with pytest.raises(InvalidSignature):
            Signature.from_json(text)
