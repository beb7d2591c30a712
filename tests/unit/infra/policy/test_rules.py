"""Each rule refuses what it is for, names the resource and the remedy, and lets the rest pass."""

from collections.abc import Mapping, Sequence

import pytest

from infra.policy import rules
from infra.policy.rules import BACKUP_VARIABLES, Declared

KEY = "0x" + "ab" * 32
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def volume(*, protected: bool = True, path: str = "/app/data") -> Declared:
    return Declared(
        rules.VOLUME,
        "poly-volume",
        {"mountPath": path},
        protected=protected,
        uses={"serviceId": ["poly-service"]},
    )


def service(**changed: object) -> Declared:
    good: Mapping[str, object] = {
        "name": "poly",
        "numReplicas": 1,
        "restartPolicyType": "ON_FAILURE",
        "restartPolicyMaxRetries": 10,
        "sleepApplication": False,
        "startCommand": "python -m bot.watchdog",
    }
    return Declared(rules.SERVICE, "poly-service", {**good, **changed})


def variables(sort: str = "plain", **values: str) -> Declared:
    return Declared(rules.VARIABLES, "poly-variables", {sort: values})


def live(*, bucket: bool = True, backups: bool = True, image: str = "") -> Sequence[Declared]:
    references = dict.fromkeys(BACKUP_VARIABLES, "${{poly-backups.BUCKET}}") if backups else {}
    return [
        Declared(
            rules.VARIABLES,
            "poly-variables",
            {"plain": {"POLY_MODE": "LIVE"}, "references": references},
        ),
        Declared(
            rules.DEPLOYMENT,
            "poly-deployment",
            {"image": image or "ghcr.io/acme/poly@sha256:" + "a" * 64},
        ),
        *([Declared(rules.BUCKET, "poly-bucket", {})] if bucket else []),
    ]


def test_a_protected_volume_passes_and_an_unprotected_one_is_named() -> None:
    assert list(rules.volume_protected(volume())) == []
    (line,) = rules.volume_protected(volume(protected=False))
    assert line == "volume poly-volume is not protected: declare it with protect=True"


@pytest.mark.parametrize("path", ["/data", "/app/data/", "/app", ""])
def test_another_mount_path_is_named(path: str) -> None:
    (line,) = rules.mount_path(volume(path=path))
    assert repr(path) in line
    assert "/app/data" in line
    assert list(rules.mount_path(volume())) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"restartPolicyType": "NEVER"}, "ON_FAILURE"),
        ({"restartPolicyType": "ALWAYS"}, "ON_FAILURE"),
        ({"restartPolicyType": None}, "ON_FAILURE"),
        ({"restartPolicyMaxRetries": 0}, "at least 1"),
        ({"sleepApplication": True}, "sleep"),
    ],
)
def test_a_service_that_stays_down_or_sleeps_is_refused(
    changed: dict[str, object], said: str
) -> None:
    (line,) = rules.restart_policy(service(**changed))
    assert said in line
    assert list(rules.restart_policy(service())) == []


@pytest.mark.parametrize(
    "value",
    [
        KEY,
        KEY[2:],
        f"python -m bot --key {KEY}",
        "-----BEGIN EC PRIVATE KEY-----",
        WORDS,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd28=",
    ],
)
def test_a_value_with_the_shape_of_a_secret_is_refused_and_not_repeated(value: str) -> None:
    lines = [
        *rules.no_plain_secret(variables(POLY_NOTE=value)),
        *rules.no_plain_secret(service(startCommand=value)),
    ]
    assert len(lines) == 2
    assert not any(value in line for line in lines)
    assert "plain.POLY_NOTE" in lines[0]
    assert "poly:secrets" in lines[0]


@pytest.mark.parametrize(
    "name",
    [
        "POLYMARKET_API_KEY",
        "POLYMARKET_API_SECRET",
        "POLYMARKET_PASSPHRASE",
        "POLYMARKET_PRIVATE_KEY",
        "TELEGRAM_TOKEN",
    ],
)
def test_a_name_of_a_secret_is_refused_whatever_its_value(name: str) -> None:
    (line,) = rules.no_plain_secret(variables(**{name: "x"}))
    assert name in line
    assert list(rules.no_plain_secret(variables("sealed", **{name: KEY}))) == []


@pytest.mark.parametrize(
    "value",
    [
        "PAPER",
        "strategies/late_favourite.toml",
        "0x" + "ab" * 20,
        "ghcr.io/acme/poly@sha256:" + "a" * 64,
        "${{poly-backups.SECRET_ACCESS_KEY}}",
        "the quick brown fox",
        "60",
    ],
)
def test_an_ordinary_value_passes(value: str) -> None:
    assert list(rules.no_plain_secret(variables(POLY_NOTE=value))) == []


@pytest.mark.parametrize("sort", rules.SORTS)
def test_a_railway_token_is_refused_in_every_sort_of_variable(sort: str) -> None:
    (line,) = rules.no_railway_token(variables(sort, RAILWAY_API_TOKEN="x"))
    assert f"{sort}.RAILWAY_API_TOKEN" in line


def test_a_service_with_a_volume_has_one_replica_and_one_without_may_have_more() -> None:
    assert list(rules.one_replica([volume(), service()])) == []
    (line,) = rules.one_replica([volume(), service(numReplicas=2)])
    assert "2 replicas" in line
    assert list(rules.one_replica([service(numReplicas=2)])) == []


def test_live_with_bucket_variables_and_digest_passes() -> None:
    assert list(rules.live_is_backed_up(live())) == []


def test_live_names_everything_it_lacks_at_once() -> None:
    lines = list(
        rules.live_is_backed_up(live(bucket=False, backups=False, image="ghcr.io/acme/poly:1"))
    )
    assert len(lines) == 3
    assert "bucket" in lines[0]
    assert "POLY_BACKUP_ENDPOINT" in lines[1]
    assert "ghcr.io/acme/poly:1" in lines[2]


def test_paper_needs_neither_bucket_nor_digest() -> None:
    assert list(rules.live_is_backed_up([variables(POLY_MODE="PAPER")])) == []
