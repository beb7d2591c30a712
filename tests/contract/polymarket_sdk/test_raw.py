"""The wire without the vendor's client: raw bytes under the HMAC, and bodies that are none."""

import json
import time
from collections.abc import Mapping

import httpx
import pytest
from eth_account import Account
from polymarket._internal.hmac import build_hmac_signature
from polymarket._internal.l1_auth import sign_api_key_auth

from tests.contract.polymarket_sdk.standin import StandIn

JSON = "application/json"


def headers(stand_in: StandIn, method: str, path: str, body: str = "") -> dict[str, str]:
    account, stamp = stand_in.account, int(time.time())
    signature = build_hmac_signature(
        secret=account["api_secret"], timestamp=stamp, method=method, path=path, body=body
    )
    return {
        "POLY_ADDRESS": account["address"],
        "POLY_API_KEY": account["api_key"],
        "POLY_PASSPHRASE": account["api_passphrase"],
        "POLY_TIMESTAMP": str(stamp),
        "POLY_SIGNATURE": signature,
    }


def send(stand_in: StandIn, method: str, path: str, body: str = "") -> httpx.Response:
    return call(stand_in, method, path, body, headers(stand_in, method, path, body))


def call(
    stand_in: StandIn, method: str, path: str, body: str, given: Mapping[str, str]
) -> httpx.Response:
    url = stand_in.line["clob_url"] + path
    return stand_in.http.request(method, url, content=body, headers=dict(given))


def test_the_bytes_are_signed_as_they_came(stand_in: StandIn) -> None:
    """Blanks and key order are the client's business: nothing is serialised anew."""
    body = '{ "orderID" :   "0x01" }'
    assert send(stand_in, "DELETE", "/order", body).status_code == 200
    signed = headers(stand_in, "DELETE", "/order", body)
    tampered = call(stand_in, "DELETE", "/order", '{"orderID":"0x01"}', signed)
    assert tampered.status_code == 401


def test_the_query_is_not_signed(stand_in: StandIn) -> None:
    signed = headers(stand_in, "GET", "/data/orders")
    answer = call(stand_in, "GET", "/data/orders?market=0x01", "", signed)
    assert answer.json() == {"limit": 100, "count": 0, "next_cursor": "LTE=", "data": []}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLY_ADDRESS", "0x" + "12" * 20),
        ("POLY_API_KEY", "00000000-0000-4000-8000-000000000000"),
        ("POLY_PASSPHRASE", "wrong"),
        ("POLY_TIMESTAMP", "1"),
        ("POLY_TIMESTAMP", "soon"),
        ("POLY_SIGNATURE", "AAAA"),
    ],
)
def test_one_wrong_header_is_unauthorized(stand_in: StandIn, name: str, value: str) -> None:
    given = {**headers(stand_in, "GET", "/data/orders"), name: value}
    answer = call(stand_in, "GET", "/data/orders", "", given)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Unauthorized/Invalid api key"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLY_ADDRESS", "0x" + "12" * 20),
        ("POLY_ADDRESS", "me"),
        ("POLY_NONCE", "1"),
        ("POLY_NONCE", "-"),
        ("POLY_TIMESTAMP", "1"),
        ("POLY_SIGNATURE", "0x" + "00" * 65),
        ("POLY_SIGNATURE", "0x"),
    ],
)
def test_one_wrong_l1_header_is_refused(stand_in: StandIn, name: str, value: str) -> None:
    signed = sign_api_key_auth(
        Account.from_key(stand_in.account["private_key"]), chain_id=137, timestamp=int(time.time())
    )
    given = {
        "POLY_ADDRESS": signed.address,
        "POLY_NONCE": "0",
        "POLY_TIMESTAMP": str(signed.timestamp),
        "POLY_SIGNATURE": signed.signature,
    }
    right = call(stand_in, "GET", "/auth/derive-api-key", "", given)
    assert right.json()["apiKey"] == stand_in.account["api_key"]
    again = call(stand_in, "POST", "/auth/api-key", "", given)
    assert again.status_code == 400
    wrong = call(stand_in, "GET", "/auth/derive-api-key", "", {**given, name: value})
    assert wrong.status_code == 401
    assert wrong.json() == {"error": "Invalid L1 Request headers"}


@pytest.mark.parametrize(
    "body", ["", "x", "1", "null", "[]", "{}", "[1]", '{"order":1}', '"\\ud800"', "[[[[[[", "\x00"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/order"),
        ("POST", "/orders"),
        ("DELETE", "/order"),
        ("DELETE", "/orders"),
        ("DELETE", "/cancel-market-orders"),
        ("POST", "/v1/heartbeats"),
        ("POST", "/books"),
        ("POST", "/prices"),
    ],
)
def test_a_body_that_is_none_is_a_400_in_json(
    stand_in: StandIn, method: str, path: str, body: str
) -> None:
    answer = send(stand_in, method, path, body)
    assert answer.status_code in {200, 400}, answer.text
    assert answer.headers["content-type"].startswith(JSON)
    if answer.status_code == 400:
        assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    "path",
    [
        "/balance-allowance?asset_type=X&signature_type=0",
        "/balance-allowance?asset_type=COLLATERAL&signature_type=9",
        "/balance-allowance?asset_type=CONDITIONAL&signature_type=0",
        "/data/orders?next_cursor=%%%",
        "/data/trades?next_cursor=bm8=",
        "/data/trades?next_cursor=LTE=",
    ],
)
def test_a_bad_query_is_a_400_in_json(stand_in: StandIn, path: str) -> None:
    signed = headers(stand_in, "GET", path.partition("?")[0])
    answer = call(stand_in, "GET", path, "", signed)
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("gamma_url", "/markets/keyset?limit=x"),
        ("gamma_url", "/events/keyset?start_time_min=soon"),
        ("data_url", "/v2/positions?user=me"),
        ("data_url", "/v2/trades?user=0x1&cursor=x"),
        ("relayer_url", "/v1/account/transactions/none"),
    ],
)
def test_the_other_services_refuse_in_json_too(stand_in: StandIn, service: str, path: str) -> None:
    answer = httpx.get(stand_in.line[service] + path, trust_env=False)
    assert answer.status_code in {400, 404, 422}
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    "body",
    [
        "x",
        "1",
        "[1]",
        "{}",
        json.dumps({"id": 1, "method": "eth_call", "params": []}),
        json.dumps({"id": 1, "method": "eth_call", "params": [{"to": "0x", "data": "0x00fdd58e"}]}),
        json.dumps({"id": 1, "method": "eth_sendRawTransaction", "params": ["0x00"]}),
        json.dumps({"id": 1, "method": "eth_nothing", "params": []}),
    ],
)
def test_a_bad_rpc_call_is_an_rpc_error(stand_in: StandIn, body: str) -> None:
    told = httpx.post(stand_in.line["rpc_url"], content=body, trust_env=False).json()
    for one in told if isinstance(told, list) else [told]:
        assert isinstance(one["error"]["code"], int)
        assert "result" not in one


@pytest.mark.parametrize(
    "body", ["", "x", "{}", '{"type":"WALLET"}', '{"type":"X","from":"0x1"}', '{"type":1}']
)
def test_a_bad_submit_is_a_400_in_json(stand_in: StandIn, body: str) -> None:
    given = {
        "RELAYER_API_KEY": stand_in.account["relayer_api_key"],
        "RELAYER_API_KEY_ADDRESS": stand_in.account["relayer_api_key_address"],
    }
    url = stand_in.line["relayer_url"] + "/submit"
    answer = httpx.post(url, content=body, headers=given, trust_env=False)
    assert answer.status_code in {400, 429}
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"name": "nothing"}),
        ("faults", {"name": "trade-fails", "rate": 2}),
        ("faults", {"name": "trade-fails", "times": "x"}),
        ("clock", {"step_s": "soon"}),
        ("clock", {"speed": -1}),
        ("wallets", {"wallet": "0x1"}),
        ("wallets", {}),
        ("levels", {"token_id": "1"}),
        ("markets", {"condition_id": "0x"}),
        ("prices", {"symbol": "btcusd"}),
        ("accounts", {"cash_usd": "lots"}),
    ],
)
def test_a_bad_control_call_is_one_line(
    stand_in: StandIn, path: str, body: dict[str, object]
) -> None:
    answer = stand_in.http.post(f"{stand_in.line['control_url']}/{path}", json=body)
    assert answer.status_code == 400
    assert answer.text.startswith(f"/control/{path}: ")
    assert "\n" not in answer.text
