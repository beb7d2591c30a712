"""A stand-in process and the vendor's client, pointed at it and at nothing else."""

from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from polymarket import AsyncSecureClient

from tests.contract.polymarket_sdk.standin import StandIn

END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session")
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of one certificate.

    The client sets up TLS for each of its eleven addresses, and a whole bundle costs it a third of
    a second a test; here every address is plain HTTP.
    """
    first = (files("certifi") / "cacert.pem").read_text().partition(END)[0]
    path = tmp_path_factory.mktemp("tls") / "one.pem"
    path.write_text(first + END)
    return path


@pytest.fixture(scope="module")
def process() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(process: StandIn, one_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("SSL_CERT_FILE", str(one_certificate))
    process.disarm()
    process.step(10)
    return process


@pytest.fixture
async def client(stand_in: StandIn) -> AsyncIterator[AsyncSecureClient]:
    """Make a client of the funded deposit wallet."""
    made = await AsyncSecureClient.create(
        private_key=stand_in.account["private_key"],
        wallet=stand_in.account["wallet"],
        environment=stand_in.environment(),
        api_key=stand_in.relayer_key(),
    )
    yield made
    await made.close()
