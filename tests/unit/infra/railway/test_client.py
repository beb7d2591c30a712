"""The client at httpx's own seam: what leaves, what comes back, what is tried again."""

import json
import threading
from collections.abc import Callable, Sequence
from itertools import count

import httpx
import pytest

from infra.railway.calls import account, buckets, deployments, projects, volumes
from infra.railway.client import Railway, mutates
from infra.railway.errors import (
    AlreadyExists,
    Cancelled,
    InProgress,
    Invalid,
    LostAnswer,
    NotAuthorized,
    NotFound,
    RailwayError,
    RateLimited,
    Throttled,
    Unreachable,
    Unreadable,
)
from infra.railway.pace import Pace, Tempo
from infra.railway.token import Token, TokenKind

SECRET = "planted-token-4711"
BEARER = Token(TokenKind.BEARER, SECRET)
PROJECT = Token(TokenKind.PROJECT, SECRET)
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Wire:
    """Answers in turn; the last one for ever. Keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers: Sequence[Answer] = answers
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        return answer(request)

    @property
    def operations(self) -> list[str]:
        return [json.loads(request.content)["operationName"] for request in self.asked]


def client(wire: Wire, token: Token = BEARER, pace: Pace | None = None) -> Railway:
    pace = pace or Pace(backoff_s=0.0, look_s_first=0.0, look_s_max=0.0, retry_s_max=0.01)
    return Railway(
        token, "http://127.0.0.1:1/graphql/v2", pace=pace, transport=httpx.MockTransport(wire)
    )


def says(message: str, data: object = None, code: str = "INTERNAL_SERVER_ERROR") -> httpx.Response:
    entry = {"message": message, "extensions": {"code": code}, "traceId": "abc123"}
    return httpx.Response(200, json={"data": data, "errors": [entry]})


def gives(**data: object) -> httpx.Response:
    return httpx.Response(200, json={"data": data})


PROJECT_GIVEN = gives(project={"id": "p", "name": "poly"})
WHO = gives(apiToken={"workspaces": [{"id": "w", "name": "mine"}]})


@pytest.mark.parametrize(
    ("token", "header", "value"),
    [
        (BEARER, "authorization", f"Bearer {SECRET}"),
        (PROJECT, "project-access-token", SECRET),
    ],
)
def test_each_kind_of_token_goes_into_its_own_header(token: Token, header: str, value: str) -> None:
    wire = Wire(PROJECT_GIVEN)
    projects.read(client(wire, token), "p")
    (request,) = wire.asked
    assert request.headers[header] == value
    assert {"authorization", "project-access-token"} & set(request.headers) == {header}


def test_the_address_carries_a_query_so_that_the_proxy_does_not_limit_it() -> None:
    wire = Wire(PROJECT_GIVEN)
    projects.read(client(wire), "p")
    assert wire.asked[0].url.params["source"] == "poly-iac"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Project not found", NotFound),
        ("projectInstance NOT FOUND", NotFound),
        ('A service named "x" already exists in this project', AlreadyExists),
        ("Volume name already exists", AlreadyExists),
        ("An operation is already in progress", InProgress),
        ("You are creating projects too quickly, please try again in a moment", Throttled),
        ("Error in numReplicas - Invalid input", Invalid),
        ("Something nobody has seen", RailwayError),
    ],
)
def test_a_refusal_with_http_200_is_told_by_its_words(
    message: str, error: type[RailwayError]
) -> None:
    wire = Wire(says(message))
    with pytest.raises(error) as caught:
        projects.schedule_delete(client(wire), "p")
    assert type(caught.value) is error
    assert message in str(caught.value)
    assert "trace id abc123" in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="upstream connect error or disconnect"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"data": None}),
        httpx.Response(200, json=["what"]),
        says("Problem processing request"),
        says("Something broke", data={"projectScheduleDelete": True}),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("closed"),
        httpx.ReadError("reset"),
    ],
)
def test_a_mutation_whose_answer_is_lost_is_sent_once_and_may_have_been_done(
    answer: Answer,
) -> None:
    wire = Wire(answer)
    with pytest.raises(LostAnswer, match="may have been carried out"):
        projects.schedule_delete(client(wire), "p")
    assert len(wire.asked) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("late")])
def test_a_mutation_that_never_left_is_known_not_to_be_done(error: httpx.HTTPError) -> None:
    wire = Wire(error)
    with pytest.raises(Unreachable, match=r"cannot reach http://127\.0\.0\.1"):
        projects.schedule_delete(client(wire), "p")
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="upstream"),
        httpx.Response(429, headers={"retry-after": "0"}, text="{}"),
        httpx.Response(200, text="<html>"),
        says("Problem processing request"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
    ],
)
def test_a_query_is_asked_again_when_the_way_was_at_fault(answer: Answer) -> None:
    wire = Wire(answer, answer, PROJECT_GIVEN)
    assert projects.read(client(wire), "p").name == "poly"
    assert len(wire.asked) == 3


def test_a_query_is_given_up_after_a_bounded_number_of_attempts() -> None:
    wire = Wire(httpx.Response(502, text="upstream"))
    with pytest.raises(Unreadable, match="HTTP 502"):
        projects.read(client(wire), "p")
    assert len(wire.asked) == 4


def test_a_long_retry_after_is_told_and_not_waited_for() -> None:
    wire = Wire(httpx.Response(429, headers={"retry-after": "900"}, json={}))
    with pytest.raises(RateLimited, match="try again after 900 s"):
        projects.read(client(wire), "p")
    assert len(wire.asked) == 1


def test_a_limit_of_the_proxy_is_named_as_the_proxys() -> None:
    page = "<html><title>Access denied | Cloudflare</title><h1>Error 1015</h1></html>"
    wire = Wire(httpx.Response(429, text=page))
    with pytest.raises(RateLimited, match=r"Cloudflare .*error 1015.*nothing was done"):
        projects.schedule_delete(client(wire), "p")
    assert len(wire.asked) == 1


def test_a_mutation_turned_away_unread_comes_back_when_it_was_told_to() -> None:
    away = httpx.Response(429, headers={"retry-after": "0"}, json={})
    wire = Wire(away, gives(projectScheduleDelete=True))
    projects.schedule_delete(client(wire), "p")
    assert len(wire.asked) == 2


def test_a_mutation_is_turned_away_a_bounded_number_of_times() -> None:
    wire = Wire(httpx.Response(429, headers={"retry-after": "0"}, json={}))
    with pytest.raises(RateLimited):
        projects.schedule_delete(client(wire), "p")
    assert len(wire.asked) == 3


def test_requests_are_sent_at_the_tempo_the_smallest_plan_allows() -> None:
    now = [0.0]
    tempo = Tempo(per_second=10.0, burst=30, now=lambda: now[0])
    assert [tempo.wait_s() for _ in range(30)] == [0.0] * 30
    assert tempo.wait_s() == pytest.approx(0.1)
    assert tempo.wait_s() == pytest.approx(0.2)
    now[0] = 10.0
    assert tempo.wait_s() == 0.0


def test_somebody_who_stops_us_need_not_wait_for_the_next_attempt() -> None:
    pace = Pace(backoff_s=60.0)
    pace.stopped.set()
    with pytest.raises(Cancelled, match="run the same command again"):
        projects.read(client(Wire(httpx.ConnectError("refused")), pace=pace), "p")


def test_all_pages_are_read_whatever_their_size() -> None:
    names = count()

    def page(request: httpx.Request) -> httpx.Response:
        after = json.loads(request.content)["variables"].get("after")
        number = next(names)
        assert after == (None if number == 0 else f"c{number - 1}")
        more = {"hasNextPage": number < 2, "endCursor": f"c{number}"}
        edges = [{"node": {"id": f"p{number}", "name": "poly"}}]
        return gives(projects={"edges": edges, "pageInfo": more})

    found = projects.of_name(client(Wire(page)), "w", "poly")
    assert [project.id for project in found] == ["p0", "p1", "p2"]


def test_pages_that_never_end_are_an_error() -> None:
    same = {"hasNextPage": True, "endCursor": "c"}
    wire = Wire(gives(projects={"edges": [], "pageInfo": same}))
    with pytest.raises(Unreadable, match="do not end"):
        projects.of_name(client(wire), "w", "poly")


def test_a_deleted_project_of_that_name_is_not_found() -> None:
    nodes = [
        {"id": "gone", "name": "poly", "deletedAt": "2026-01-01T00:00:00Z"},
        {"id": "here", "name": "poly"},
        {"id": "other", "name": "poly-2"},
    ]
    page = gives(projects={"edges": [{"node": node} for node in nodes]})
    assert [one.id for one in projects.of_name(client(Wire(page)), "w", "poly")] == ["here"]


def test_null_clears_and_what_is_left_out_is_kept() -> None:
    wire = Wire(gives(volumeInstanceUpdate=True))
    volumes.detach(client(wire), "v", "e")
    body = json.loads(wire.asked[0].content)
    assert "serviceId: null" in body["query"]
    wire = Wire(gives(volumeCreate={"id": "v", "name": "n", "projectId": "p"}))
    volumes.create(
        client(wire),
        volumes.NewVolume(
            project_id="p", environment_id="e", service_id="s", mount_path="/app/data"
        ),
    )
    assert "region" not in json.loads(wire.asked[0].content)["variables"]["input"]


def test_a_status_nobody_knows_is_taken_as_it_comes() -> None:
    given = {
        "id": "d",
        "status": "HIBERNATING",
        "createdAt": "x",
        "projectId": "p",
        "environmentId": "e",
        "instances": [{"id": "i", "status": "RUNNING"}],
    }
    found = deployments.read(client(Wire(gives(deployment=given))), "d")
    assert found.status == "HIBERNATING"
    assert not found.healthy


def test_an_answer_that_does_not_fit_the_schema_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="does not fit the schema"):
        projects.read(client(Wire(gives(project={"id": 5}))), "p")


def test_keys_of_a_bucket_do_not_print() -> None:
    keys = {
        "accessKeyId": "tid_1",
        "secretAccessKey": "tsec_planted",
        "bucketName": "b-1",
        "endpoint": "http://x",
        "region": "auto",
        "urlStyle": "virtual",
    }
    wire = Wire(gives(bucketS3Credentials=[keys]))
    (found,) = buckets.credentials(client(wire), project_id="p", environment_id="e", bucket_id="b")
    assert found.secret_access_key == "tsec_planted"
    assert "planted" not in f"{found} {found!r}"


@pytest.mark.parametrize("token", [BEARER, PROJECT])
def test_no_error_and_no_print_shows_the_token(token: Token) -> None:
    wire = Wire(says(f"Not Authorized: {SECRET * 2}"))
    with pytest.raises(NotAuthorized) as caught:
        projects.read(client(wire, token), "p")
    assert SECRET not in str(caught.value)
    assert SECRET not in f"{token} {token!r} {client(wire, token)!r}"


def test_the_budget_is_read_from_either_header_and_counts_what_was_sent() -> None:
    named = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "988"}
    policy = {"ratelimit-policy": '"default";q=500;w=3600'}
    wire = Wire(
        httpx.Response(200, headers=policy, json={"data": {"project": {"id": "p", "name": "n"}}}),
        httpx.Response(200, headers=named, json={"data": {"project": {"id": "p", "name": "n"}}}),
    )
    api = client(wire)
    projects.read(api, "p")
    assert str(api.budget) == "1 requests sent of 500 in 3600 s"
    projects.read(api, "p")
    assert str(api.budget) == "2 requests sent of 1000 in 3600 s, 988 left"


def test_requests_of_more_than_an_hour_ago_do_not_count() -> None:
    now = [0.0]
    pace = Pace(now=lambda: now[0])
    api = client(Wire(PROJECT_GIVEN), pace=pace)
    projects.read(api, "p")
    now[0] = 3601.0
    projects.read(api, "p")
    assert (api.budget.sent_last_hour, api.budget.total) == (1, 2)


def test_documents_say_themselves_whether_they_change_anything() -> None:
    assert mutates("ProjectScheduleDelete")
    assert not mutates("TokenScope")


def test_a_bearer_token_tells_its_workspaces() -> None:
    scope = account.token_scope(client(Wire(WHO)))
    assert (scope.kind, scope.workspaces[0].id) == (TokenKind.BEARER, "w")


def test_threads_share_a_client() -> None:
    api = client(Wire(PROJECT_GIVEN))
    threads = [threading.Thread(target=projects.read, args=(api, "p")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert api.budget.total == 8
