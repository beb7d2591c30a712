"""The plugin's process: prints its port, then serves until the engine is done with it."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from infra.provider.server import Provider
from infra.provider.speech import OPTIONS, Engine

WORKERS = 16
GRACE_S = 5.0


def main() -> int:
    """Serve on a free loopback port; the first argument is the engine's address, if any.

    Nothing but the port may go to stdout: the engine reads its first line.
    """
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    provider = Provider(engine=Engine(addresses[0] if addresses else None))
    server = grpc.server(ThreadPoolExecutor(WORKERS), options=OPTIONS)
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    os.write(sys.stdout.fileno(), f"{port}\n".encode())
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    provider.pace.stopped.set()
    server.stop(GRACE_S).wait()
    provider.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
