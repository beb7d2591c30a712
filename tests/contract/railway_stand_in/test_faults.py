"""Faults on the way, by name, by count, by rate, at one call only; every one of them can strike."""

import json
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest

from tests.contract.railway_stand_in.railway import Railway

CONTEXT = "query Context { apiToken { workspaces { id } } }"
CREATE = "mutation Create($i: ProjectCreateInput!) { projectCreate(input: $i) { id } }"
PROJECTS = (
    "{ projects(first: 500) { edges { node { id name } } pageInfo { hasNextPage endCursor } } }"
)


def named(railway: Railway, name: str) -> int:
    """Count the projects of a name, without faults in the way."""
    return [one["name"] for one in railway.truth()["projects"]].count(name)


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("rate-limited", 429, "Rate limit"),
        ("cloudflare", 429, "Error 1015"),
        ("bad-gateway", 502, "upstream connect error"),
        ("not-authorized", 200, "Not Authorized"),
        ("problem-processing", 200, "Problem processing request"),
        ("in-progress", 200, "already in progress"),
        ("too-quickly", 200, "too quickly"),
    ],
)
def test_before_anything_is_done(railway: Railway, fault: str, status: int, text: str) -> None:
    railway.control("faults", name=fault, times=1)
    response = railway.post(CREATE, i={"name": fault})
    assert response.status_code == status
    assert text in response.text
    assert named(railway, fault) == 0
    if status == 429:
        assert int(response.headers["Retry-After"]) >= 1
    if fault == "cloudflare":
        assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("fault", "done"),
    [("dropped-before", 0), ("dropped-after", 1)],
)
def test_a_dropped_connection_tells_nothing(railway: Railway, fault: str, done: int) -> None:
    railway.control("faults", name=fault, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        railway.post(CREATE, i={"name": fault})
    assert named(railway, fault) == done


@pytest.mark.parametrize(
    ("fault", "status"), [("bad-gateway-after", 502), ("unreadable", 200), ("partial", 200)]
)
def test_after_it_was_done(railway: Railway, fault: str, status: int) -> None:
    railway.control("faults", name=fault, times=1)
    response = railway.post(CREATE, i={"name": fault})
    assert response.status_code == status
    assert named(railway, fault) == 1
    if fault == "partial":
        document = response.json()
        assert document["data"]["projectCreate"]["id"]
        assert document["errors"]


def test_the_bare_address_is_crowded_and_one_with_a_query_is_not(railway: Railway) -> None:
    railway.control("faults", name="bare-url")
    named = [
        railway.http.post(
            f"{railway.hello['url']}?source=tests",
            json={"query": CONTEXT},
            headers={"Authorization": f"Bearer {railway.hello['account_token']}"},
        ).status_code
        for _ in range(30)
    ]
    railway.control("clock", advance_s=2)  # whoever asked before us
    bare = [railway.post(CONTEXT).status_code for _ in range(30)]
    assert set(named) == {200}
    assert bare[:10] == [200] * 10
    assert 429 in bare


def test_a_slow_reply_is_longer_than_patience(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0.01")
    railway.control("faults", name="slow-reply", times=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            railway.hello["url"],
            json={"query": CONTEXT},
            headers={"Authorization": f"Bearer {railway.hello['account_token']}"},
            timeout=0.2,
        )


def test_reads_alone_can_be_refused(railway: Railway) -> None:
    railway.control("faults", name="reads-not-authorized")
    assert railway.refusal(CONTEXT) == "Not Authorized"
    assert railway.ask(CREATE, i={"name": "written"})


def test_an_unknown_status_is_one_no_schema_has(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    railway.control("faults", name="unknown-enum", times=1)
    assert bot.read(identity)["status"] == "HIBERNATING"
    assert bot.read(identity)["status"] == "SUCCESS"


def test_pages_of_two_have_to_be_turned(railway: Railway) -> None:
    for number in range(5):
        railway.project(f"page-{number}")
    railway.control("faults", name="pages-of-2")
    seen: list[str] = []
    after = None
    while True:
        page = railway.ask(
            """query($a: String) { projects(first: 500, after: $a) {
               edges { node { id } } pageInfo { hasNextPage endCursor } } }""",
            a=after,
        )
        assert len(page["edges"]) <= 2
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    railway.control("faults", "DELETE")
    every = [edge["node"]["id"] for edge in railway.ask(PROJECTS)["edges"]]
    assert seen == every
    assert len(seen) == len(set(seen))


def test_two_patches_in_flight_race(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "1")
    project, environment = railway.project()
    railway.control("clock", advance_s=60)
    service = railway.service(project, environment)
    railway.control("faults", name="patches-race")
    for key in ("first", "second"):
        body = {"variables": {key: {"value": "1"}}}
        railway.patch(environment, {"services": {service: body}})
    kept = railway.config(environment)["services"][service]["variables"]
    assert sorted(kept) == ["first"]
    railway.control("clock", advance_s=5)
    railway.patch(environment, {"services": {service: {"variables": {"third": {"value": "1"}}}}})
    assert "third" in railway.config(environment)["services"][service]["variables"]


def test_a_fault_can_wait_for_one_call(railway: Railway) -> None:
    """By root field or operation name, and after so many of those."""
    railway.control("faults", name="bad-gateway", times=1, operation="projectCreate", skip=1)
    assert railway.ask(CONTEXT)
    assert railway.ask(CREATE, i={"name": "let-through"})
    assert railway.post(CREATE, i={"name": "struck"}).status_code == 502
    assert railway.ask(CREATE, i={"name": "spent"})
    railway.control("faults", name="bad-gateway", times=1, operation="Context")
    assert railway.post(CONTEXT).status_code == 502


def test_the_journal_tells_what_struck_and_hides_what_is_secret(railway: Railway) -> None:
    bot = railway.bot()
    before = railway.control("journal", "GET")["calls"][-1]["n"]
    railway.control("faults", name="problem-processing", times=1)
    upsert = "mutation Up($i: VariableUpsertInput!) { variableUpsert(input: $i) }"
    railway.refusal(
        upsert,
        i={
            "projectId": bot.project,
            "environmentId": bot.environment,
            "name": "KEY",
            "value": "hush",
        },
    )
    calls = railway.control("journal", "GET")["calls"]
    (call,) = [one for one in calls if one["n"] > before]
    assert call["operation"] == "Up"
    assert call["faults"] == ["problem-processing"]
    assert call["errors"] == ["Problem processing request"]
    assert "hush" not in json.dumps(calls)


def test_rates_repeat_themselves_by_seed(start: Callable[..., Railway]) -> None:
    patterns = []
    for _ in range(2):
        railway = start("--seed", "5", "--faults", "bad-gateway:0.5")
        patterns.append([railway.post(CONTEXT).status_code for _ in range(20)])
    assert patterns[0] == patterns[1]
    assert set(patterns[0]) == {200, 502}


def test_ids_and_tokens_repeat_themselves_by_seed(start: Callable[..., Railway]) -> None:
    first, second = (start("--seed", "5").hello for _ in range(2))
    other = start("--seed", "6").hello
    assert first["account_token"] == second["account_token"] != other["account_token"]


def test_invalid_documents_are_answered_with_200_or_by_fault_400(railway: Railway) -> None:
    wrong = "{ deploymentRollback { id } }"
    response = railway.post(wrong)
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    railway.control("faults", name="documents-400", times=1)
    assert railway.post(wrong).status_code == 400
    assert railway.refusal("query {").startswith("Syntax Error")


def test_every_error_has_the_shape(railway: Railway) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    document = railway.post("query($id: String!) { project(id: $id) { id } }", id=nobody).json()
    (error,) = document["errors"]
    assert document["data"] is None
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["path"] == ["project"]
    assert error["traceId"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--faults", "nope"], "fault 'nope' is unknown"),
        (["--faults", "cloudflare:2"], "rate of fault cloudflare must be in [0, 1]"),
        (["--faults", "cloudflare:x"], "must be a number in [0, 1], was 'x'"),
        (["--plan", "gold"], "argument --plan: invalid choice: 'gold'"),
        (["--port", "70000"], "--port must be in [0, 65535], was 70000"),
        (["--delay-scale", "2"], "--delay-scale must be in [0, 1], was 2.0"),
        (["--budget", "0"], "--budget must be at least 1, was 0"),
        (["--state", __file__], "--state must be a directory"),
    ],
)
def test_a_bad_option_is_one_line_and_code_2(options: list[str], text: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "sandbox.railway", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == 2
    assert text in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert ran.stdout == ""


def test_a_taken_port_is_one_line_and_code_4(railway: Railway) -> None:
    port = railway.hello["url"].split(":")[2].split("/")[0]
    ran = subprocess.run(
        [sys.executable, "-m", "sandbox.railway", "--port", port],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == 4
    assert "address already in use" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("faults", {"name": "nope"}),
        ("faults", {}),
        ("clock", {"advance_s": -1}),
        ("delays", {"scale": 3}),
        ("deployments", {"id": "x", "do": "kill"}),
    ],
)
def test_control_refuses_in_one_line(
    railway: Railway, path: str, document: dict[str, object]
) -> None:
    response = railway.http.post(
        f"{railway.hello['control_url']}/{path}",
        json=document,
        headers={"Authorization": f"Bearer {railway.hello['control_token']}"},
    )
    assert response.status_code == 400
    assert response.json()["error"]


def test_the_budget_of_an_hour_is_counted_and_told(start: Callable[..., Railway]) -> None:
    railway = start("--budget", "3")
    left = []
    for _ in range(3):
        response = railway.post(CONTEXT)
        assert response.headers["ratelimit-policy"] == '"default";q=3;w=3600'
        left.append(response.headers["X-RateLimit-Remaining"])
    assert left == ["2", "1", "0"]
    response = railway.post(CONTEXT)
    assert response.status_code == 429
    assert 3500 < int(response.headers["Retry-After"]) <= 3600
    railway.control("clock", advance_s=3600)
    assert railway.post(CONTEXT).status_code == 200
    railway.control("faults", name="budget-unnamed", times=1)
    response = railway.post(CONTEXT)
    assert "X-RateLimit-Remaining" not in response.headers
    assert "ratelimit-policy" in response.headers


def test_too_many_in_a_second_are_turned_away(start: Callable[..., Railway]) -> None:
    railway = start()
    statuses = [railway.post(CONTEXT).status_code for _ in range(120)]
    assert 429 in statuses
    assert statuses.index(429) >= 50
