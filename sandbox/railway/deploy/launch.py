"""Becomes the container's first process: its own mount namespace, then the start command.

Run by path with the interpreter alone (`python -I -S launch.py …`): standard library only, and it
is gone with `exec`. It makes a root of its own out of the system's directories, puts the container
directory at /app and the volume at its mount path, and enters it. Nothing outside is changed: no
directory is made on the system, no mount is seen by anyone else. Where the system forbids that,
the command runs in the container directory and RAILWAY_VOLUME_MOUNT_PATH names the volume's
directory. One line on the report descriptor says which of the two it is.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

NEW_MOUNTS, NEW_USER = 0x00020000, 0x10000000
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 1 << 18
DETACH = 2
DEATH_SIGNAL = 1
APP = "/app"


def call(name: str, *arguments: object) -> None:
    """Call a function of the C library; raise what it says.

    Raises:
        OSError: the system refused.

    """
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None, flags: int) -> None:
    """Mount `source` on `target`."""
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        None,
    )


def own_mounts() -> None:
    """Enter a mount namespace, with a user namespace around it where that is needed."""
    user, group = os.getuid(), os.getgid()
    try:
        call("unshare", NEW_MOUNTS)
    except PermissionError:
        call("unshare", NEW_USER | NEW_MOUNTS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    mount("none", "/", None, RECURSIVE | PRIVATE)


def build_root(root: str, app: str, volume: str | None, at: str | None) -> None:
    """Fill an empty root: the system's directories, the container at /app, the volume."""
    mount("tmpfs", root, "tmpfs", 0)
    for here in sorted(Path("/").iterdir()):
        there = Path(f"{root}{here}")
        if str(here) == APP:
            continue
        if here.is_symlink():
            there.symlink_to(here.readlink())
        elif here.is_dir():
            there.mkdir()
            mount(str(here), str(there), None, BIND | RECURSIVE)
    call("umount2", f"{root}{root}".encode(), DETACH)  # the root seen once more inside itself
    Path(f"{root}{APP}").mkdir()
    mount(app, f"{root}{APP}", None, BIND)
    if volume is not None and at is not None:
        Path(f"{root}{at}").mkdir(parents=True, exist_ok=True)
        mount(volume, f"{root}{at}", None, BIND)


def obstacle(root: str, at: str | None, needed: list[str]) -> str | None:
    """Say why a root of its own would not do, or None."""
    if any(path == APP or path.startswith(f"{APP}/") for path in needed):
        return f"the program itself lies under {APP}"
    if at is not None and not at.startswith(f"{APP}/"):
        top = Path("/", *Path(at).parts[1:2])
        if top.exists() and not Path(at).is_dir():
            return f"{at} does not exist on this system and must not be made there"
    return None if Path(root).is_dir() else f"{root} is missing"


def enter(spec: dict[str, str | None]) -> str | None:
    """Enter the container's root; return None, or why that was not possible."""
    root, app = str(spec["root"]), str(spec["app"])
    why = obstacle(root, spec["at"], [*sys.path, sys.executable, sys.prefix, root, __file__])
    if why is not None:
        return why
    try:
        own_mounts()
        build_root(root, app, spec["volume"], spec["at"])
    except OSError as error:
        return str(error)
    os.chroot(root)
    os.chdir(APP)
    return None


def main() -> None:
    """Set the process up as the first argument says and become the command that follows."""
    spec = json.loads(sys.argv[1])
    parent = int(spec["parent"])
    environment = dict(os.environ)
    why = enter(spec) if spec["root"] else "switched off"
    # after the namespaces: entering one forgets it
    call("prctl", DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # the stand-in ended before we asked to end with it
    home = APP
    if why is not None:
        home = str(spec["app"])
        os.chdir(home)
        if spec["volume"] is not None:
            environment["RAILWAY_VOLUME_MOUNT_PATH"] = spec["volume"]
    Path(home, ".tmp").mkdir(exist_ok=True)
    environment |= {"HOME": home, "TMPDIR": f"{home}/.tmp"}  # lost with the container
    report = int(spec["report"])
    os.write(report, f"{why or 'mounted'}\n".encode())
    os.close(report)
    command = sys.argv[2:]
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - exec form is Railway's own
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]!r}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
