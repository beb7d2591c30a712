"""The trigger: equal for equal configurations, and for nothing else that has to be deployed."""

from typing import Any

import pytest

from infra.provider.kinds.configuration import digest, trigger_of
from infra.railway.calls.services import Service, ServiceView

CONFIG: dict[str, Any] = {
    "source": {"image": "i"},
    "deploy": {"startCommand": "x", "drainingSeconds": 0},
    "volumeMounts": {"v": {"mountPath": "/app/data"}},
    "variables": {"S": {"value": None, "isSealed": True}},
}
VALUES: dict[str, str | None] = {"A": "1", "S": None}


def view(config: dict[str, Any] = CONFIG, values: dict[str, str | None] = VALUES) -> ServiceView:
    service = Service(id="s", name="bot", project_id="p")
    return ServiceView(service=service, config=config, variables=values)


BASE = trigger_of(view(), {"S": "d"})


@pytest.mark.parametrize(
    "config",
    [
        {**CONFIG, "networking": {"serviceDomains": {"x": {}}}},
        {**CONFIG, "isCreated": True},
        {**CONFIG, "build": {}},
        {**CONFIG, "deploy": {**CONFIG["deploy"], "cronSchedule": None}},
        {
            **CONFIG,
            "volumeMounts": {"v": {"mountPath": "/app/data", "backupSchedules": ["DAILY"]}},
        },
    ],
)
def test_what_needs_no_deployment_is_no_difference(config: dict[str, Any]) -> None:
    assert trigger_of(view(config), {"S": "d"}) == BASE


@pytest.mark.parametrize("name", ["POLY_HALT", "POLY_RESUME", "RAILWAY_RUN_UID"])
def test_what_the_kill_switch_and_the_platform_set_is_no_difference(name: str) -> None:
    assert trigger_of(view(values={**VALUES, name: "1"}), {"S": "d"}) == BASE


@pytest.mark.parametrize(
    ("config", "values", "digests"),
    [
        ({**CONFIG, "source": {"image": "j"}}, VALUES, {"S": "d"}),
        ({**CONFIG, "deploy": {"startCommand": "y", "drainingSeconds": 0}}, VALUES, {"S": "d"}),
        ({**CONFIG, "volumeMounts": {"v": {"mountPath": "/other"}}}, VALUES, {"S": "d"}),
        ({**CONFIG, "volumeMounts": {"w": {"mountPath": "/app/data"}}}, VALUES, {"S": "d"}),
        (CONFIG, {**VALUES, "A": "2"}, {"S": "d"}),
        (CONFIG, {**VALUES, "N": ""}, {"S": "d"}),
        (CONFIG, VALUES, {"S": "e"}),
        (CONFIG, VALUES, {}),
    ],
)
def test_whatever_a_container_would_see_is_a_difference(
    config: dict[str, Any], values: dict[str, str | None], digests: dict[str, str]
) -> None:
    assert trigger_of(view(config, values), digests) != BASE


def test_a_digest_is_of_its_service_and_name() -> None:
    one = digest("s", "A", "value")
    assert one == digest("s", "A", "value")
    assert one not in {digest("s", "B", "value"), digest("t", "A", "value"), digest("s", "A", "v")}
    assert "value" not in one
