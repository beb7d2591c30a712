"""The plugin as a process: what the engine starts, reads and ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from infra.provider.schema import schema
from infra.provider.wire import Secret, decode, encode
from tests.contract.provider.engine import bare

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "infra/provider"
WAYS = {
    "executable": [str(FOLDER / "pulumi-resource-railway")],
    "directory": [sys.executable, str(FOLDER)],
}
START_S_MAX = 5.0
"""Ten times what it takes on a quiet machine; the figure itself is measured by bench."""


@pytest.fixture(params=WAYS)
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    environ = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix}
    process = subprocess.Popen(
        [*WAYS[request.param], "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environ,
    )
    yield process
    process.kill()
    process.wait(timeout=10)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def test_the_first_line_is_the_port_and_nothing_else(process: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    assert process.stdout is not None
    port = int(process.stdout.readline())
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    stub = ResourceProviderStub(channel)
    try:
        hands = stub.Handshake(provider_pb2.ProviderHandshakeRequest(), timeout=10)
        took = time.monotonic() - began
        assert hands.accept_secrets
        assert took < START_S_MAX
        assert stub.GetPluginInfo(Empty(), timeout=10).version == schema()["version"]
        assert stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"), timeout=10) == Empty()
        assert stub.Cancel(Empty(), timeout=10) == Empty()
    finally:
        channel.close()
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=10)
    assert process.returncode == 0
    assert out == b""
    assert b"Traceback" not in error


def test_without_a_token_one_line_names_the_variable(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
    try:
        with pytest.raises(grpc.RpcError) as caught:
            ResourceProviderStub(channel).Configure(provider_pb2.ConfigureRequest(), timeout=10)
    finally:
        channel.close()
    details = caught.value.details() or ""
    assert "RAILWAY_API_TOKEN" in details
    assert "\n" not in details


def test_a_secret_sent_to_check_config_comes_back_wrapped(
    process: subprocess.Popen[bytes],
) -> None:
    assert process.stdout is not None
    channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
    try:
        given = provider_pb2.CheckRequest(news=encode({"token": "planted", "url": "http://x"}))
        reply = decode(ResourceProviderStub(channel).CheckConfig(given, timeout=10).inputs)
    finally:
        channel.close()
    assert isinstance(reply["token"], Secret)
    assert bare(reply["url"]) == "http://x"
