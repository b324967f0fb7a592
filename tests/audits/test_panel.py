"""The panel file: what it says, and what is wrong with one."""

import pytest

from audits.panel import EndpointSettings
from registry.errors import InvalidInput


def test_keys_come_from_the_environment() -> None:
    endpoint = EndpointSettings(name="here", base_url="http://127.0.0.1:1/v1", key_env="MY_KEY")
    assert endpoint.key({"MY_KEY": "secret"}) == "secret"
    with pytest.raises(InvalidInput, match="MY_KEY, which is not set"):
        endpoint.key({})
    assert EndpointSettings(name="here", base_url="http://127.0.0.1:1/v1").key({}) == ""
