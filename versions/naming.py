"""The version of the next release: named, or by what changed. Pure."""

from registry.errors import InvalidInput
from versions.diffing import BumpName, bump_between, is_smaller, next_version, parse_version

AUTO = "auto"
BUMPS = ("major", "minor", "patch")


def named_version(
    last: str | None, needed: BumpName, bump: str, version: str
) -> tuple[str, BumpName]:
    """Version and bump of a release whose changes ask for `needed`.

    A `version` has to be higher than the last and may be smaller than what changed asks for (the
    release says so then), but no patch where scores do not compare. Without one `bump`
    (auto, major, minor, patch) names it, and cannot be smaller than needed.
    """
    if version:
        return version, _bump_of(last, needed, version)
    if bump == AUTO:
        return next_version(last, needed), "major" if last is None else needed
    if bump not in BUMPS:
        raise InvalidInput(f"'{bump}' is no bump; use auto, major, minor or patch.")
    if last is not None and is_smaller(bump, needed):  # type: ignore[arg-type]
        raise InvalidInput(
            f"What changed makes this a {needed} release; use --bump auto or {needed}, or name the "
            "version.",
            code="bump_too_small",
        )
    return next_version(last, bump), "major" if last is None else bump  # type: ignore[arg-type, return-value]


def _bump_of(last: str | None, needed: BumpName, version: str) -> BumpName:
    try:
        wanted = parse_version(version)
    except ValueError as error:
        raise InvalidInput(str(error), code="bad_version") from None
    if last and wanted <= parse_version(last):
        raise InvalidInput(
            f"The last release is {last}; name a higher version than that.",
            code="version_not_higher",
        )
    bump = bump_between(last, version)
    if bump == "patch" and needed != "patch":
        raise InvalidInput(
            f"What changed makes this a {needed} release, and scores on a patch compare with "
            f"those before: name {next_version(last, 'minor')} or higher.",
            code="bump_too_small",
        )
    return bump
