"""An estate somebody clicked together is taken over whole, by hand or not at all."""

import json

from ops.rehearsal.standin import StandIn
from ops.rehearsal.workbench import Workbench
from tests.e2e.pulumi.dashboard import PLAIN, HandMade, click
from tests.e2e.pulumi.stacks import COMMAND, IMAGE, Made, keys, state, up

SECRET = "s3cr3t-0f-the-wallet"
BACKUP_NAMES = [
    f"POLY_BACKUP_{key}"
    for key in ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
]


def adopt(bench: Workbench, stack: str, made: HandMade, names: list[str]) -> str:
    """Import everything as docs/production.md says: Pulumi's own list with the ids filled in."""
    file = bench.folder / "import.json"
    said = bench.must("preview", "--stack", stack, "--import-file", str(file)).text
    wanted, ids = json.loads(file.read_text()), made.ids(names)
    for resource in wanted["resources"]:
        if "id" in resource:
            resource["id"] = ids[resource["type"].rpartition(":")[2]]
    file.write_text(json.dumps(wanted))
    arguments = ("--file", str(file), "--yes", "--generate-code=false", "--stack", stack)
    done = bench.pulumi("import", *arguments)
    assert done.ok, done.text
    return said + done.text


def test_a_dashboard_made_project_is_imported_with_no_changes_left(
    railway: StandIn, bench: Workbench
) -> None:
    secrets = {"POLYMARKET_API_SECRET": SECRET}
    made = click(railway, image=IMAGE, command=COMMAND, secrets=secrets)
    bench.init("prod", keys(secrets=list(secrets), sealSecrets="false"))
    said = bench.must(
        *("config", "set", "--secret", "poly:POLYMARKET_API_SECRET", SECRET, "--stack", "prod")
    ).text
    said += adopt(bench, "prod", made, [*PLAIN, *BACKUP_NAMES, *secrets])
    before = made.client.budget.total
    preview = bench.pulumi("preview", "--diff", "--expect-no-changes", "--stack", "prod")
    assert preview.ok, preview.text
    said += preview.text + up(bench, "prod", "--expect-no-changes").text
    ours = Made.of(bench, "prod", made.client)
    assert (ours.project, ours.service) == (made.project, made.service)
    assert ours.volumes() == [made.volume]
    assert len(ours.deployments()) == 1
    assert made.client.budget.total > before
    assert SECRET not in said + state(bench, "prod")
    refreshed = bench.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", "prod")
    assert refreshed.ok, refreshed.text


def test_a_project_of_that_name_is_refused_with_the_exact_import(
    railway: StandIn, bench: Workbench
) -> None:
    made = click(railway, image=IMAGE, command=COMMAND, secrets={})
    bench.init("prod", keys())
    done = bench.pulumi("up", "--yes", "--stack", "prod")
    assert not done.ok
    command = f"pulumi import --stack prod railway:index:Project poly-project {made.project}"
    assert command in " ".join(done.text.split()), done.text


def test_an_import_of_what_does_not_exist_is_refused(bench: Workbench) -> None:
    bench.init("prod", keys())
    missing = "11111111-1111-4111-8111-111111111111"
    done = bench.pulumi(
        *("import", "railway:index:Project", "poly-project", missing, "--yes"),
        *("--generate-code=false", "--stack", "prod"),
    )
    assert not done.ok
    assert "does not exist" in done.text
    assert missing not in state(bench, "prod")
