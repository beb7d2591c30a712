"""What the program declares, seen by a monitor that records every registration."""

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUNNER = Path(__file__).with_name("registrations.py")
RETAINED = {"Project", "Environment", "Service", "Volume", "Bucket"}
SECRET_MARK = "4dabf18193072939515e22adb298388d"
GOOD = {
    "poly:plan": "pro",
    "poly:region": "us-west2",
    "poly:regionSignedOff": "us-west2 2026-11-23 R. Owner",
    "poly:image": "ghcr.io/acme/poly@sha256:" + "a" * 64,
    "poly:bucket": "poly-backups",
    "poly:backupSchedule": '["DAILY"]',
}


def declared(**changed: str) -> dict[str, Any]:
    """Return the registrations of one stack by kind."""
    return run(json.dumps({**GOOD, **{f"poly:{name}": value for name, value in changed.items()}}))


@functools.cache
def run(keys: str) -> dict[str, Any]:
    """Run the program once for each distinct stack."""
    asked = {"keys": json.loads(keys), "secret": ["poly:POLYMARKET_API_KEY"]}
    done = subprocess.run(
        [sys.executable, str(RUNNER)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    requests = json.loads(done.stdout.splitlines()[-1])
    return {request["type"].rpartition(":")[2]: request for request in requests}


def test_every_resource_is_protected_and_what_holds_the_ledger_is_retained() -> None:
    requests = declared()
    made = {kind for kind, request in requests.items() if request.get("custom")}
    assert made == {*RETAINED, "BackupSchedule", "VariableSet", "Deployment"}
    assert all(requests[kind]["protect"] for kind in made)
    assert {kind for kind in made if requests[kind].get("retainOnDelete")} == RETAINED
    assert all("poly:railway:Estate" in requests[kind]["parent"] for kind in made)


def test_the_bot_is_one_patient_replica_with_its_volume_required() -> None:
    said = declared()["Service"]["object"]
    assert said["numReplicas"] == 1
    assert said["requiredMountPath"] == "/app/data"
    assert (said["drainingSeconds"], said["overlapSeconds"]) == (45, 0)
    assert (said["restartPolicyType"], said["sleepApplication"]) == ("ON_FAILURE", False)
    assert (said["vcpusMax"], said["memoryMibMax"]) == (1, 1024)


def test_the_volume_is_mounted_exactly_where_the_bot_looks() -> None:
    assert declared()["Volume"]["object"]["mountPath"] == "/app/data"


def test_the_bot_waits_for_its_lock_in_paper_and_is_told_no_data_directory() -> None:
    plain = declared()["VariableSet"]["object"]["plain"]
    assert plain == {"POLY_MODE": "PAPER", "POLY_LOCK_WAIT_S": "60"}


def test_a_deployment_waits_for_health_only_where_that_is_asked_for() -> None:
    """Asked at Railway's own port, from outside the container."""
    asked = declared(healthCheck="true")
    said, plain = asked["Service"]["object"], asked["VariableSet"]["object"]["plain"]
    assert (said["healthcheckPath"], said["healthcheckTimeoutSeconds"]) == ("/health", 120)
    assert (plain["POLY_HEALTH_PORT"], plain["POLY_HEALTH_BIND"]) == ("PORT", "::")
    assert "healthcheckPath" not in declared()["Service"]["object"]


def test_backup_variables_are_references_and_never_keys() -> None:
    references = declared()["VariableSet"]["object"]["references"]
    assert references["POLY_BACKUP_SECRET_ACCESS_KEY"] == "${{poly-backups.SECRET_ACCESS_KEY}}"
    assert len(references) == 5


@pytest.mark.parametrize(("seal", "sort"), [("true", "sealed"), ("false", "secret")])
def test_secrets_travel_marked_and_in_one_sort_only(seal: str, sort: str) -> None:
    said = declared(
        secrets='["POLYMARKET_API_KEY"]', POLYMARKET_API_KEY="hunter2-hunter2", sealSecrets=seal
    )["VariableSet"]["object"]
    assert "hunter2" in str(said.pop(sort)["POLYMARKET_API_KEY"])
    assert "hunter2" not in str(said)


def test_a_secret_is_marked_as_one_on_the_wire() -> None:
    request = declared(secrets='["POLYMARKET_API_KEY"]', POLYMARKET_API_KEY="hunter2-hunter2")
    value = request["VariableSet"]["object"]["sealed"]
    assert SECRET_MARK in str(value)


def test_hobby_without_a_bucket_declares_neither_schedule_nor_backup_variables() -> None:
    requests = declared(plan="hobby", backupSchedule="[]", bucket="")
    assert "BackupSchedule" not in requests
    assert "Bucket" not in requests
    assert "references" not in requests["VariableSet"]["object"]


def test_the_deployment_waits_for_everything_it_runs_on() -> None:
    awaited = str(declared()["Deployment"]["dependencies"])
    assert all(f"poly-{part}" in awaited for part in ("service", "volume", "variables", "bucket"))
