"""The directory everything is kept in; a restart of the stand-in finds it again.

`state.json` (mode 0600: it holds tokens and variables) beside `volumes/`, `backups/`,
`containers/`, `logs/` and `buckets/`.
"""

import os
from pathlib import Path

import msgspec

from sandbox.railway.model.records import Estate

FOLDERS = ("volumes", "backups", "containers", "logs", "buckets")


class Store:
    """Loads and saves the estate; a save replaces the file at once or not at all."""

    def __init__(self, directory: Path) -> None:
        """Make the directory and what is in it.

        Raises:
            OSError: the directory cannot be made or written.

        """
        self.directory = directory.resolve()
        for folder in FOLDERS:
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        self._file = self.directory / "state.json"

    def load(self) -> Estate | None:
        """Return what was saved, or None in a new directory.

        Raises:
            ValueError: the file cannot be read as a state of this version.

        """
        try:
            text = self._file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(text, type=Estate)
        except msgspec.MsgspecError as error:
            raise ValueError(
                f"{self._file} cannot be read ({error}); give --state another"
            ) from None

    def save(self, estate: Estate) -> None:
        """Replace the saved state."""
        draft = self._file.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(estate))
        draft.replace(self._file)

    def volume(self, instance_id: str) -> Path:
        """Return the directory that is a volume instance's disk."""
        return self.directory / "volumes" / instance_id

    def backup(self, backup_id: str) -> Path:
        """Return the directory of a backup."""
        return self.directory / "backups" / backup_id

    def container(self, deployment_id: str) -> Path:
        """Return the directory that is a deployment's container file system."""
        return self.directory / "containers" / deployment_id

    def log(self, deployment_id: str) -> Path:
        """Return the file of a deployment's log lines."""
        return self.directory / "logs" / f"{deployment_id}.jsonl"

    def bucket(self, store_name: str) -> Path:
        """Return the directory of a bucket's objects."""
        return self.directory / "buckets" / store_name
