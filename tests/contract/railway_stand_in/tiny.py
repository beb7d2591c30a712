"""A small bot for the stand-in to run; it needs nothing installed but what types need.

It tells on stdout what it finds around it, adds a row to its ledger and lives until SIGTERM. What
else it does is said by variables, since a deployment is configured by nothing else.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from typing_extensions import override


class Health(BaseHTTPRequestHandler):
    """Answers with the status that was ordered."""

    def do_GET(self) -> None:
        self.send_response(int(os.environ["TINY_HEALTH"]))
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def tell(message: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"message": message, "level": "info", **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    place = Path(os.environ.get("RAILWAY_VOLUME_MOUNT_PATH", "data"))
    place.mkdir(parents=True, exist_ok=True)
    ledger = place / "rows"
    with ledger.open("a") as file:
        file.write(os.environ["RAILWAY_DEPLOYMENT_ID"] + "\n")
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    tell(
        "boot",
        rows=ledger.read_text().split(),
        place=str(place),
        cwd=str(Path.cwd()),
        mounted=str(place) in points,
        variables=dict(os.environ),
    )
    ended = threading.Event()
    if os.environ.get("TINY_DEAF"):
        signal.signal(signal.SIGTERM, lambda *_: tell("deaf"))
    else:
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
    if os.environ.get("TINY_HEALTH"):
        server = HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Health)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    if os.environ.get("TINY_CHILD"):
        # leaves its parent's group, as a daemon does
        child = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
        tell("child", pid=child.pid)
    if os.environ.get("TINY_LINES"):
        for number in range(int(os.environ["TINY_LINES"])):
            sys.stdout.write(f"line {number}\n")
        sys.stdout.flush()
    sys.stderr.write("plain words on stderr\n")
    sys.stderr.flush()
    tell("ready")
    if os.environ.get("TINY_EXIT"):
        sys.exit(int(os.environ["TINY_EXIT"]))
    ended.wait()
    tell("ended")


if __name__ == "__main__":
    main()
