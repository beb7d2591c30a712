"""The S3 server's process: started when somebody first knocks, ended with the stand-in.

It costs a second and 100 MB, and most runs never store an object: so the port is bound at once and
the process started at the first connection.
"""

import asyncio
import os
import socket
import subprocess
import sys

from sandbox.railway.deploy.injected import REPOSITORY
from sandbox.railway.model.world import World

BACKLOG = 64
END_S = 5.0


class Objects:
    """The port objects are served on."""

    def __init__(self, world: World) -> None:
        """Listen to nothing yet."""
        self._world = world
        self._socket: socket.socket | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def listen(self) -> str:
        """Bind the port and wait for the first to knock; return the address."""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._start)
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _start(self) -> None:
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        descriptor = self._socket.fileno()
        directory = self._world.store.directory / "buckets"
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sandbox.railway.bucket.server",
                str(descriptor),
                str(directory),
                str(os.getpid()),
            ],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )

    def tend(self) -> None:
        """Wait for the next to knock if the process has ended by itself."""
        if self._child is None or self._child.poll() is None or self._socket is None:
            return
        self._child = None
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._start)

    def close(self) -> None:
        """End the process and close the port."""
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(END_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
        if self._socket is not None:
            self._socket.close()
