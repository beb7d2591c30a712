"""GraphQL over a WebSocket on the same port: a log as it grows, a status as it changes."""

import json
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from tests.contract.railway_stand_in.railway import Railway

LOGS = "subscription($d: String!) { deploymentLogs(deploymentId: $d) { message } }"
STATUS = "subscription($id: String!) { deployment(id: $id) { status } }"


def subscribed(
    railway: Railway, headers: dict[str, str], query: str, **variables: object
) -> Connection:
    """Open a connection and subscribe; the test closes it."""
    socket = connect(
        railway.hello["url"].replace("http", "ws"),
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers=headers,
    )
    socket.send(json.dumps({"type": "connection_init"}))
    assert json.loads(socket.recv(timeout=5)) == {"type": "connection_ack"}
    payload = {"query": query, "variables": variables}
    socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    return socket


def received(socket: Connection) -> Any:
    return json.loads(socket.recv(timeout=10))


def test_a_log_is_followed(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    account = {"Authorization": f"Bearer {railway.hello['account_token']}"}
    with subscribed(railway, account, LOGS, deploymentId=identity, d=identity) as socket:
        first = received(socket)["payload"]["data"]["deploymentLogs"]
        assert "boot" in [row["message"] for row in first]
        bot.act("deploymentStop", identity)
        seen: list[str] = []
        while "ended" not in seen:
            seen += [
                row["message"] for row in received(socket)["payload"]["data"]["deploymentLogs"]
            ]


def test_a_status_is_followed_but_a_stop_is_not_announced(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    account = {"Authorization": f"Bearer {railway.hello['account_token']}"}
    with subscribed(railway, account, STATUS, id=identity) as socket:
        assert received(socket)["payload"]["data"]["deployment"]["status"] == "SUCCESS"
        bot.act("deploymentStop", identity)
        bot.instance_reaches(identity, "EXITED")
        bot.act("deploymentRemove", identity)
        after = received(socket)["payload"]["data"]["deployment"]["status"]
        assert after in {"REMOVING", "REMOVED"}, "the stop itself said nothing"


def test_a_project_token_is_refused_at_the_subscription(railway: Railway) -> None:
    bot = railway.bot()
    identity = bot.up()
    secret = railway.control("tokens", environment_id=bot.environment)["project_token"]
    with subscribed(railway, {"Project-Access-Token": secret}, STATUS, id=identity) as socket:
        answer = received(socket)
    assert answer["type"] == "error"
    assert answer["payload"][0]["message"] == "Not Authorized"
