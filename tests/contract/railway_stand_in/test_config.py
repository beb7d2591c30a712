"""Configuration: staged, committed, masked, sealed; what deploys and what does not."""

from typing import Any

from tests.contract.railway_stand_in.railway import Bot, Railway

STAGE = """mutation($e: String!, $p: EnvironmentConfig!, $m: Boolean) {
  environmentStageChanges(environmentId: $e, input: $p, merge: $m) { id status } }"""
STAGED = """query($e: String!) { environmentStagedChanges(environmentId: $e) {
  id status patch(decryptVariables: true) } }"""
COMMIT = """mutation($e: String!, $s: Boolean) {
  environmentPatchCommitStaged(environmentId: $e, skipDeploys: $s) }"""
NOW = """mutation($e: String!, $p: EnvironmentConfig) {
  environmentPatchCommit(environmentId: $e, patch: $p) }"""
HEAD = "query($e: String!) { environment(id: $e) { configEtag unmergedChangesCount } }"
UPSERT = "mutation($i: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $i) }"
UPDATE = """mutation($s: String!, $e: String!, $i: ServiceInstanceUpdateInput!) {
  serviceInstanceUpdate(serviceId: $s, environmentId: $e, input: $i) }"""
INSTANCE = """query($s: String!, $e: String!) { serviceInstance(serviceId: $s, environmentId: $e) {
  numReplicas region healthcheckPath startCommand source { image } } }"""
VARIABLES = """query($p: String!, $e: String!, $s: String, $u: Boolean) {
  variables(projectId: $p, environmentId: $e, serviceId: $s, unrendered: $u) }"""


def head(railway: Railway, bot: Bot) -> Any:
    return railway.ask(HEAD, e=bot.environment)


def variables(railway: Railway, bot: Bot, *, unrendered: bool = True, shared: bool = False) -> Any:
    service = None if shared else bot.service
    return railway.ask(VARIABLES, p=bot.project, e=bot.environment, s=service, u=unrendered)


def upsert(railway: Railway, bot: Bot, values: dict[str, str], **more: object) -> None:
    place: dict[str, Any] = {"projectId": bot.project, "environmentId": bot.environment}
    given = {"serviceId": bot.service, **place, "variables": values, **more}
    assert railway.ask(UPSERT, i=given) is True


def settings(bot: Bot, **body: object) -> dict[str, Any]:
    return {"services": {bot.service: body}}


def test_nothing_staged_is_an_empty_patch_not_null(railway: Railway) -> None:
    bot = railway.bot()
    found = railway.ask(STAGED, e=bot.environment)
    assert found["patch"] == {}
    assert found["status"] == "STAGED"
    assert head(railway, bot)["unmergedChangesCount"] == 0


def test_staged_changes_change_nothing_until_committed(railway: Railway) -> None:
    bot = railway.bot()
    before = head(railway, bot)["configEtag"]
    railway.ask(STAGE, e=bot.environment, p=settings(bot, deploy={"overlapSeconds": 7}), m=True)
    assert head(railway, bot) == {"configEtag": before, "unmergedChangesCount": 1}
    railway.ask(COMMIT, e=bot.environment, s=True)
    after = head(railway, bot)
    assert after["unmergedChangesCount"] == 0
    assert after["configEtag"] != before
    assert railway.config(bot.environment)["services"][bot.service]["deploy"]["overlapSeconds"] == 7


def test_merge_adds_and_without_it_the_patch_is_replaced(railway: Railway) -> None:
    bot = railway.bot()
    for key, merge in (("A", True), ("B", True), ("C", False)):
        patch = settings(bot, variables={key: {"value": "1"}})
        railway.ask(STAGE, e=bot.environment, p=patch, m=merge)
    staged = railway.ask(STAGED, e=bot.environment)["patch"]["services"][bot.service]
    assert sorted(staged["variables"]) == ["C"]


def test_a_commit_takes_along_what_somebody_else_staged(railway: Railway) -> None:
    bot = railway.bot()
    railway.control("faults", name="staged-by-hand", times=1)
    assert head(railway, bot)["unmergedChangesCount"] == 1
    railway.patch(bot.environment, settings(bot, deploy={"overlapSeconds": 1}))
    assert variables(railway, bot)["EDITED_BY_HAND"] == "1"


def test_null_deletes_and_absent_keeps(railway: Railway) -> None:
    bot = railway.bot(A=1, B=2)
    railway.patch(bot.environment, settings(bot, variables={"A": None}))
    assert variables(railway, bot) == {"B": "2"}


def test_unknown_keys_are_accepted_in_silence(railway: Railway) -> None:
    bot = railway.bot()
    railway.patch(bot.environment, settings(bot, deploy={"drainingSecond": 45}))
    deploy = railway.config(bot.environment)["services"][bot.service]["deploy"]
    assert deploy["drainingSecond"] == 45


def test_values_are_masked_unless_asked_for(railway: Railway) -> None:
    bot = railway.bot(A=1)
    masked = railway.config(bot.environment, decrypt=False)
    assert masked["services"][bot.service]["variables"]["A"]["value"] == "*****"
    plain = railway.config(bot.environment)
    assert plain["services"][bot.service]["variables"]["A"]["value"] == "1"


def test_a_sealed_variable_reads_as_null_and_reaches_the_process(railway: Railway) -> None:
    bot = railway.bot()
    sealed = {"KEY": {"value": "s3cret", "isSealed": True}}
    railway.patch(bot.environment, settings(bot, variables=sealed))
    assert variables(railway, bot) == {"KEY": None}
    assert variables(railway, bot, unrendered=False)["KEY"] is None
    config = railway.config(bot.environment)["services"][bot.service]["variables"]
    assert config["KEY"] == {"value": None, "isSealed": True}
    flags = railway.ask(
        """query($e: String!) { environment(id: $e) { variables(first: 9) {
           edges { node { name isSealed } } } } }""",
        e=bot.environment,
    )
    assert [edge["node"] for edge in flags["variables"]["edges"]] == [
        {"name": "KEY", "isSealed": True}
    ]
    assert bot.says(bot.up(), "boot")["variables"]["KEY"] == "s3cret"


def test_nothing_unseals(railway: Railway) -> None:
    bot = railway.bot()
    railway.patch(
        bot.environment, settings(bot, variables={"KEY": {"value": "a", "isSealed": True}})
    )
    railway.patch(
        bot.environment, settings(bot, variables={"KEY": {"value": "b", "isSealed": False}})
    )
    assert variables(railway, bot) == {"KEY": None}
    upsert(railway, bot, {"KEY": "c"}, skipDeploys=True)
    assert variables(railway, bot) == {"KEY": None}


def test_sealing_may_be_ignored_by_fault(railway: Railway) -> None:
    bot = railway.bot()
    railway.control("faults", name="seal-ignored", times=1)
    railway.patch(
        bot.environment, settings(bot, variables={"KEY": {"value": "a", "isSealed": True}})
    )
    assert variables(railway, bot) == {"KEY": "a"}


def test_an_upsert_deploys_unless_told_not_to(railway: Railway) -> None:
    bot = railway.bot()
    bot.up()
    upsert(railway, bot, {"A": "1"}, skipDeploys=True)
    assert bot.statuses() == ["SUCCESS"]
    upsert(railway, bot, {"A": "2"})
    railway.until(lambda: bot.statuses() == ["SUCCESS", "REMOVED"], "a deployment")


def test_deleting_a_variable_always_deploys_but_a_patch_with_null_need_not(
    railway: Railway,
) -> None:
    bot = railway.bot(A=1, B=2)
    bot.up()
    railway.patch(bot.environment, settings(bot, variables={"B": None}))
    assert bot.statuses() == ["SUCCESS"]
    railway.ask(
        "mutation($i: VariableDeleteInput!) { variableDelete(input: $i) }",
        i={
            "projectId": bot.project,
            "environmentId": bot.environment,
            "serviceId": bot.service,
            "name": "A",
        },
    )
    railway.until(lambda: bot.statuses() == ["SUCCESS", "REMOVED"], "a deployment")


def test_replace_removes_every_other_variable(railway: Railway) -> None:
    bot = railway.bot(A=1, B=2)
    upsert(railway, bot, {"C": "3"}, skipDeploys=True, replace=True)
    assert variables(railway, bot) == {"C": "3"}


def test_references_are_stored_as_written_and_rendered_for_the_process(railway: Railway) -> None:
    bot = railway.bot()
    other = railway.service(bot.project, bot.environment, "peer")
    shared = {"projectId": bot.project, "environmentId": bot.environment, "skipDeploys": True}
    railway.ask(UPSERT, i={**shared, "variables": {"COMMON": "c"}})
    railway.ask(UPSERT, i={**shared, "serviceId": other, "variables": {"OWN": "o"}})
    written = {
        "ALL": "${{shared.COMMON}}-${{peer.OWN}}-${{NEAR}}-${{nothing.AT_ALL}}.",
        "NEAR": "n${{RAILWAY_SERVICE_NAME}}",
    }
    upsert(railway, bot, written, skipDeploys=True)
    assert variables(railway, bot) == written
    assert variables(railway, bot, unrendered=False)["ALL"] == "c-o-nbot-."
    assert variables(railway, bot, shared=True) == {"COMMON": "c"}
    assert bot.says(bot.up(), "boot")["variables"]["ALL"] == "c-o-nbot-."


def test_references_in_a_circle_end(railway: Railway) -> None:
    bot = railway.bot()
    upsert(railway, bot, {"A": "${{B}}", "B": "${{A}}"}, skipDeploys=True)
    assert variables(railway, bot, unrendered=False)["A"] == ""


def test_a_commit_without_skip_deploys_what_it_changes(railway: Railway) -> None:
    bot = railway.bot()
    bot.up()
    railway.ask(NOW, e=bot.environment, p=settings(bot, deploy={"overlapSeconds": 1}))
    railway.until(lambda: bot.statuses() == ["SUCCESS", "REMOVED"], "a deployment")


def test_zero_replicas_are_refused_everywhere(railway: Railway) -> None:
    bot = railway.bot()
    none = {"numReplicas": 0}
    expected = "Error in numReplicas - Invalid input"
    assert railway.refusal(UPDATE, s=bot.service, e=bot.environment, i=none) == expected
    patch = settings(bot, deploy=none)
    assert railway.refusal(STAGE, e=bot.environment, p=patch, m=True) == expected


def test_replicas_and_a_volume_do_not_go_together(railway: Railway) -> None:
    bot = railway.bot()
    patch = settings(bot, deploy={"numReplicas": 2})
    assert "Replicas" in railway.refusal(STAGE, e=bot.environment, p=patch, m=True)


def test_region_is_ignored_and_multi_region_config_is_not(railway: Railway) -> None:
    bot = railway.bot()
    place: dict[str, Any] = {"s": bot.service, "e": bot.environment}
    railway.ask(UPDATE, **place, i={"region": "asia-southeast1-eqsg3a"})
    assert railway.ask(INSTANCE, **place)["region"] == "us-west2"
    wanted = {"europe-west4-drams3a": {"numReplicas": 1}}
    railway.ask(UPDATE, **place, i={"multiRegionConfig": wanted})
    assert railway.ask(INSTANCE, **place)["region"] == "europe-west4-drams3a"
    seen = bot.says(bot.up(), "boot")["variables"]["RAILWAY_REPLICA_REGION"]
    assert seen == "europe-west4-drams3a"


def test_a_volume_follows_its_service_to_another_region(railway: Railway) -> None:
    """A migration with downtime, told as an event; the data goes along."""
    bot = railway.bot()
    first = bot.up()
    wanted = {"multiRegionConfig": {"europe-west4-drams3a": {"numReplicas": 1}}}
    railway.patch(bot.environment, settings(bot, deploy=wanted))
    second = bot.up()
    assert bot.says(second, "boot")["rows"] == [first, second]
    (disk,) = railway.disks(bot.environment)
    assert (disk["region"], disk["state"]) == ("europe-west4-drams3a", "READY")
    events = railway.ask(
        "query($id: String!) { deploymentEvents(id: $id) { edges { node { step } } } }", id=second
    )
    assert "MIGRATE_VOLUMES" in [edge["node"]["step"] for edge in events["edges"]]


def test_an_unknown_region_is_refused(railway: Railway) -> None:
    bot = railway.bot()
    patch = settings(bot, deploy={"multiRegionConfig": {"mars": {"numReplicas": 1}}})
    assert "not a valid region" in railway.refusal(STAGE, e=bot.environment, p=patch, m=True)


def test_a_partial_update_may_reset_its_neighbours(railway: Railway) -> None:
    bot = railway.bot(healthcheckPath="/health", numReplicas=1)
    place: dict[str, Any] = {"s": bot.service, "e": bot.environment}
    railway.ask(UPDATE, **place, i={"startCommand": "python -m a"})
    assert railway.ask(INSTANCE, **place)["healthcheckPath"] == "/health"
    railway.control("faults", name="partial-update-resets", times=1)
    railway.ask(UPDATE, **place, i={"startCommand": "python -m b"})
    found = railway.ask(INSTANCE, **place)
    assert found["healthcheckPath"] is None
    assert found["startCommand"] == "python -m b"


def test_a_config_file_is_refused(railway: Railway) -> None:
    bot = railway.bot()
    given = {"railwayConfigFile": "railway.toml"}
    found = railway.refusal(UPDATE, s=bot.service, e=bot.environment, i=given)
    assert "Config as Code" in found


def test_patches_can_come_late_fail_or_lose_a_key(railway: Railway) -> None:
    bot = railway.bot()

    def overlap() -> object:
        deploy = railway.config(bot.environment)["services"][bot.service]["deploy"]
        return deploy.get("overlapSeconds")

    history = """query($e: String!) { environmentPatches(environmentId: $e, first: 1) {
                 edges { node { status lastAppliedError } } } }"""
    railway.control("faults", name="patch-fails", times=1)
    railway.patch(bot.environment, settings(bot, deploy={"overlapSeconds": 1}))
    (edge,) = railway.ask(history, e=bot.environment)["edges"]
    assert edge["node"]["lastAppliedError"]
    assert overlap() is None
    railway.control("faults", name="patch-key-dropped", times=1)
    railway.patch(bot.environment, settings(bot, deploy={"overlapSeconds": 2}))
    assert overlap() is None
    railway.control("faults", name="patch-late", times=1)
    railway.patch(bot.environment, settings(bot, deploy={"overlapSeconds": 3}))
    railway.until(lambda: overlap() == 3, "the late patch")


def test_a_change_set_is_refused_over_another_state(railway: Railway) -> None:
    bot = railway.bot()
    apply = """mutation($e: String!, $i: JSON!, $b: String) {
      environmentApplyChangeSet(environmentId: $e, input: $i, baseConfigEtag: $b) { id status } }"""
    change = {"version": 1, "changes": [{"patch": settings(bot, deploy={"overlapSeconds": 4})}]}
    found = railway.refusal(apply, e=bot.environment, i=change, b="old")
    assert "has changed" in found
    etag = head(railway, bot)["configEtag"]
    assert railway.ask(apply, e=bot.environment, i=change, b=etag)["status"] == "COMMITTED"
