"""Reading the hub's keys, and who signed which release."""

import json
from collections import defaultdict
from typing import Any

from errata.manifest import MANIFEST
from errata.signing import Handover
from errata.signing import Signature as SignatureFile

from versions.models import Artifact, Release, Signature, SigningKey


def signature_of(release: Release) -> SignatureFile | None:
    """What `manifest.sig` of a release holds; None for one that was built before hubs signed."""
    found = Signature.objects.filter(release=release).select_related("key").first()
    if found is None:
        return None
    return SignatureFile(found.key.key, found.signature, handovers_to(found.key))


def handovers_to(key: SigningKey) -> tuple[Handover, ...]:
    """The statements that led to a key, oldest first; a later rotation adds none."""
    before = SigningKey.objects.filter(pk__lte=key.pk).order_by("pk")
    told = [row.handover for row in before if row.handover]
    return tuple(Handover.from_dict(json.loads(each)) for each in told)


def signed_manifests() -> dict[str, list[str]]:
    """The SHA-256 of every manifest that the hub signed, in order, by the key that did."""
    found: dict[str, list[str]] = defaultdict(list)
    signed = Artifact.objects.filter(path=MANIFEST, release__signature__isnull=False)
    for key, digest in sorted(signed.values_list("release__signature__key__key", "sha256")):
        found[key].append(digest)
    return dict(found)


def keys() -> list[dict[str, Any]]:
    """All keys of the hub, the one that signs now first, each with how it took over."""
    return [
        {
            "key": row.key,
            "since": row.at,
            "handover": json.loads(row.handover) if row.handover else None,
        }
        for row in SigningKey.objects.order_by("-pk")
    ]
