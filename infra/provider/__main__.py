"""The plugin's process: prints its port, then serves until the engine is done with it.

The engine starts it anew for each operation and waits, so it loads only what it serves with.
"""

import importlib.util
import os
import signal
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WORKERS = 16
GRACE_S = 5.0
PROTOCOL = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def load_protocol_only() -> None:
    """Let the protocol's modules load without the SDK around them, which takes half the start.

    Importing `pulumi` runs the program's side of the SDK, and importing httpx its command line
    with click, rich and pygments; a plugin needs neither. Without effect where either is loaded.
    """
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment] # the documented "not there"
    found = importlib.util.find_spec("pulumi")
    if found is None or not found.submodule_search_locations or "pulumi" in sys.modules:
        return
    folder = Path(next(iter(found.submodule_search_locations)))
    for name in PROTOCOL:
        package = types.ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package


def main() -> int:
    """Serve on a free loopback port; the first argument is the engine's address, if any.

    Nothing but the port may go to stdout: the engine reads its first line.
    """
    load_protocol_only()
    import grpc  # noqa: PLC0415 - after what makes the others light
    from pulumi.runtime.proto.provider_pb2_grpc import (  # noqa: PLC0415
        add_ResourceProviderServicer_to_server,
    )

    from infra.provider.server import Provider  # noqa: PLC0415
    from infra.provider.speech import OPTIONS, Engine  # noqa: PLC0415

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
