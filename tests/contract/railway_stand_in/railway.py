"""A test's own way to speak to the stand-in: plain httpx, no client of ours in between."""

import contextlib
import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

TINY = Path(__file__).with_name("tiny.py")
READY_S = 20.0
WAIT_S = 20.0
POLL_S = 0.02
PIPE = subprocess.PIPE

Json = dict[str, Any]

DEPLOYMENT = """query($id: String!) { deployment(id: $id) {
  id status deploymentStopped canRollback meta instances { id status } } }"""


class Railway:
    """One running stand-in."""

    def __init__(self, process: "subprocess.Popen[bytes]", hello: dict[str, str]) -> None:
        self.process = process
        self.hello = hello
        self.http = httpx.Client(timeout=30)

    # ------------------------------------------------------------------ speaking

    def post(self, query: str, headers: dict[str, str] | None = None, **variables: object) -> Any:
        """Send a document with the account's token, or with these headers; return the response."""
        own = {"Authorization": f"Bearer {self.hello['account_token']}"}
        body = {"query": query, "variables": variables}
        return self.http.post(
            self.hello["url"], json=body, headers=own if headers is None else headers
        )

    def ask(self, query: str, headers: dict[str, str] | None = None, **variables: object) -> Any:
        """Return the only root field's data, or fail with the errors."""
        document = self.post(query, headers, **variables).json()
        assert "errors" not in document, document["errors"]
        (value,) = document["data"].values()
        return value

    def refusal(
        self, query: str, headers: dict[str, str] | None = None, **variables: object
    ) -> str:
        """Return the message of the error that is expected, with status 200."""
        response = self.post(query, headers, **variables)
        assert response.status_code == 200
        document = response.json()
        assert document.get("errors"), document
        return str(document["errors"][0]["message"])

    def control(self, path: str, method: str = "POST", **document: object) -> Any:
        """Ask the control port; fail when it refuses."""
        response = self.http.request(
            method,
            f"{self.hello['control_url']}/{path}",
            json=document,
            headers={"Authorization": f"Bearer {self.hello['control_token']}"},
        )
        assert response.status_code == 200, response.text
        return response.json()

    def truth(self) -> Json:
        found: Json = self.control("truth", "GET")
        return found

    def deployment_truth(self, identity: str) -> Json:
        (found,) = [one for one in self.truth()["deployments"] if one["id"] == identity]
        return dict(found)

    def until(self, probe: Any, what: str) -> Any:
        """Poll until the probe gives something; return it."""
        deadline = time.monotonic() + WAIT_S
        while not (found := probe()):
            assert time.monotonic() < deadline, f"{what} did not happen within {WAIT_S} s"
            time.sleep(POLL_S)
        return found

    # ------------------------------------------------------------------ building

    def project(self, name: str = "poly") -> tuple[str, str]:
        """Make a project; return its id and its environment's."""
        made = self.ask(
            """mutation($i: ProjectCreateInput!) {
               projectCreate(input: $i) { id primaryEnvironmentId } }""",
            i={"name": name, "workspaceId": self.hello["workspace_id"]},
        )
        return made["id"], made["primaryEnvironmentId"]

    def service(self, project: str, environment: str, name: str = "bot") -> str:
        made = self.ask(
            "mutation($i: ServiceCreateInput!) { serviceCreate(input: $i) { id } }",
            i={"projectId": project, "environmentId": environment, "name": name},
        )
        return str(made["id"])

    def volume(self, project: str, environment: str, service: str | None) -> tuple[str, str]:
        """Make a volume at /app/data; return its id and its instance's."""
        made = self.ask(
            "mutation($i: VolumeCreateInput!) { volumeCreate(input: $i) { id } }",
            i={
                "projectId": project,
                "environmentId": environment,
                "serviceId": service,
                "mountPath": "/app/data",
            },
        )
        (instance,) = self.until(
            lambda: [one["id"] for one in self.disks(environment) if one["volumeId"] == made["id"]],
            "a volume instance",
        )
        return made["id"], instance

    def disks(self, environment: str) -> list[Json]:
        found = self.ask(
            """query($id: String!) { environment(id: $id) { volumeInstances(first: 50) {
               edges { node { id volumeId serviceId mountPath state sizeMB region deletedAt
               isPendingDeletion } } } } }""",
            id=environment,
        )
        return [edge["node"] for edge in found["volumeInstances"]["edges"]]

    def patch(self, environment: str, patch: Json, *, skip: bool = True) -> str:
        """Stage and commit."""
        self.ask(
            """mutation($e: String!, $p: EnvironmentConfig!) {
               environmentStageChanges(environmentId: $e, input: $p, merge: true) { id } }""",
            e=environment,
            p=patch,
        )
        return str(
            self.ask(
                """mutation($e: String!, $s: Boolean) {
                   environmentPatchCommitStaged(environmentId: $e, skipDeploys: $s) }""",
                e=environment,
                s=skip,
            )
        )

    def config(self, environment: str, *, decrypt: bool = True) -> Json:
        found: Json = self.ask(
            """query($id: String!, $d: Boolean) {
               environment(id: $id) { config(decryptVariables: $d) } }""",
            id=environment,
            d=decrypt,
        )["config"]
        return found

    def bot(self, *, volume: bool = True, **deploy: object) -> "Bot":
        """Make a project with the tiny bot, ready to be deployed; upper-case keys are variables."""
        project, environment = self.project()
        service = self.service(project, environment)
        disk = self.volume(project, environment, service) if volume else ("", "")
        variables = {k: {"value": str(v)} for k, v in deploy.items() if k.isupper()}
        settings = {k: v for k, v in deploy.items() if not k.isupper()}
        body: Json = {
            "source": {"image": "example/bot@sha256:1"},
            "deploy": {"startCommand": f"python {TINY}", "drainingSeconds": 5, **settings},
            "variables": variables,
        }
        self.patch(environment, {"services": {service: body}})
        return Bot(self, project, environment, service, *disk)

    # ------------------------------------------------------------------ life

    def end(self) -> None:
        self.http.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Bot:
    """The tiny bot in a project of its own."""

    def __init__(self, railway: Railway, *ids: str) -> None:
        self.railway = railway
        self.project, self.environment, self.service, self.volume, self.disk = ids

    def deploy(self) -> str:
        return str(
            self.railway.ask(
                """mutation($s: String!, $e: String!) {
                   serviceInstanceDeployV2(serviceId: $s, environmentId: $e) }""",
                s=self.service,
                e=self.environment,
            )
        )

    def up(self) -> str:
        """Deploy and wait until the bot says it is ready."""
        identity = self.deploy()
        self.reaches(identity, "SUCCESS")
        self.says(identity, "ready")
        return identity

    def read(self, identity: str) -> Json:
        found: Json = self.railway.ask(DEPLOYMENT, id=identity)
        return found

    def reaches(self, identity: str, status: str) -> Json:
        found: Json = self.railway.until(
            lambda: (one := self.read(identity))["status"] == status and one,
            f"status {status} (is {self.read(identity)['status']})",
        )
        return found

    def instance_reaches(self, identity: str, status: str) -> None:
        self.railway.until(
            lambda: [i["status"] for i in self.read(identity)["instances"]] == [status],
            f"instance status {status}",
        )

    def log(self, identity: str, **more: object) -> list[Json]:
        found: list[Json] = self.railway.ask(
            """query($d: String!, $f: String, $l: Int) {
               deploymentLogs(deploymentId: $d, filter: $f, limit: $l) {
               timestamp message severity attributes { key value } tags { deploymentId } } }""",
            d=identity,
            f=more.get("filter"),
            l=more.get("limit"),
        )
        return found

    def says(self, identity: str, message: str) -> Json:
        """Wait for a line; return its attributes, decoded."""

        def found() -> Json | None:
            for row in self.log(identity):
                if row["message"] == message:
                    return {a["key"]: json.loads(a["value"]) for a in row["attributes"]}
            return None

        attributes: Json = self.railway.until(found, f"log line {message!r}")
        return attributes

    def act(self, mutation: str, identity: str) -> Any:
        return self.railway.ask(f"mutation($id: String!) {{ {mutation}(id: $id) }}", id=identity)

    def statuses(self) -> list[str]:
        found = self.railway.ask(
            """query($i: DeploymentListInput!) {
               deployments(input: $i, first: 50) { edges { node { status } } } }""",
            i={"serviceId": self.service, "environmentId": self.environment},
        )
        return [edge["node"]["status"] for edge in found["edges"]]


def start(*options: str) -> Railway:
    """Start a stand-in and read its first line."""
    process = subprocess.Popen([sys.executable, "-m", "sandbox.railway", *options], stdout=PIPE)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], READY_S)
    assert ready, "the stand-in said nothing"
    return Railway(process, json.loads(process.stdout.readline()))


@contextlib.contextmanager
def running(*options: str) -> Iterator[Railway]:
    """Give a stand-in for as long as it is needed."""
    railway = start(*options)
    try:
        yield railway
    finally:
        railway.end()
