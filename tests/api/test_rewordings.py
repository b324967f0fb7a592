"""Rewordings by API: listed word by word, marked and taken back by maintainers."""

from typing import Any

import pytest

from registry.models import Benchmark, Head
from registry.selectors import system_user
from registry.services.retire_instance import reword_instance
from tests.api.conftest import Api
from tests.pages.conftest import Nowhere, cut
from tests.small import SLUG, People

B = f"benchmarks/{SLUG}"


def test_rewordings(
    api: Api,
    benchmark: Benchmark,
    crew: People,
    settings: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.ERRATA_HOME = tmp_path / "home"
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
    cut(benchmark)
    for key in ("q1", "q2"):
        head = Head.objects.select_related("instance", "revision").get(instance__key=key)
        reword_instance(
            actor=system_user(),
            instance=head.instance,
            inputs={"question": "How much?"},
            expected=head.revision,
            reason="Shorter.",
        )
    assert api("get", f"{B}/rewordings/", crew.expert).status_code == 403
    since = api("get", f"{B}/rewordings/?since=1.0.0", crew.maintainer)
    assert (since.status_code, since.json()["details"]["field"]) == (400, "since")
    told = api("get", f"{B}/rewordings/?page_size=1", crew.maintainer).json()
    assert (told["since"], told["version"], told["count"]) == ("1.0.0", None, 2)
    assert "cursor=1" in told["next"]
    (first,) = told["results"]
    assert (first["key"], first["same_meaning"], first["rewordings"]) == ("q1", False, [])
    assert first["inputs"][0]["name"] == "question"
    pair = {name: first[name] for name in ("key", "before", "after")}
    form = {"rewordings": [pair], "reason": "The same in fewer words."}
    made = api("post", f"{B}/rewordings/", crew.maintainer, form)
    assert (made.status_code, made.json()["marked"]) == (201, 1)
    again = api("post", f"{B}/rewordings/", crew.maintainer, form)
    assert (again.status_code, again.json()["code"]) == (409, "marked_already")
    new = cut(benchmark).version
    found = api("get", f"{B}/rewordings/?version={new}&since=1.0.0&state=marked").json()
    assert [each["key"] for each in found["results"]] == ["q1"]
    entries = api("get", f"{B}/releases/{new}/diff/").json()
    said = [{"by": "Maintainer Person", "reason": form["reason"]}]
    assert [(e["same_meaning"], e["rewordings"]) for e in entries["results"]] == [
        (True, said),
        (False, []),
    ]
    assert (entries["totals"]["inputs_changed"], entries["totals"]["same_meaning"]) == (2, 1)
    assert api("post", f"{B}/rewordings/", crew.maintainer, form | {"same": False}).json() == {
        "benchmark": SLUG,
        "marked": 1,
        "same": False,
    }
