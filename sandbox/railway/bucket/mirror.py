"""Objects on disk beside moto's memory: a restart of the stand-in finds them again.

One file for the bytes and one for name and headers, named by a hash of the key, which may be
longer than a file name can be.
"""

import hashlib
import json
from pathlib import Path

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, S3Backend, s3_backends

REGION = "us-east-1"
"""Any one will do for moto; the real store's is `auto`."""


def backend() -> S3Backend:
    """Return moto's memory."""
    found: S3Backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    return found


class Mirror:
    """Keeps the objects of every bucket below one directory."""

    def __init__(self, directory: Path) -> None:
        """Keep buckets in `directory`, one directory each."""
        self._directory = directory

    def ensure(self, bucket: str) -> None:
        """Make the bucket known to moto, with what is on disk."""
        if bucket in backend().buckets:
            return
        backend().create_bucket(bucket, REGION)
        for note in sorted((self._directory / bucket).glob("*.json")):
            kept = json.loads(note.read_text())
            value = note.with_suffix(".object").read_bytes()
            key = backend().put_object(bucket, kept["key"], value, etag=kept["etag"])
            key.set_metadata(kept["metadata"], replace=True)

    def keep(self, bucket: str, name: str) -> None:
        """Write one object as it is now, or delete it where it is gone."""
        key = backend().buckets[bucket].keys.get(name)
        file = self._directory / bucket / hashlib.sha256(name.encode()).hexdigest()
        if isinstance(key, FakeKey):
            file.with_suffix(".object").write_bytes(key.value)
            kept = {"key": name, "etag": key.etag.strip('"'), "metadata": dict(key.metadata)}
            file.with_suffix(".json").write_text(json.dumps(kept))
        else:
            file.with_suffix(".object").unlink(missing_ok=True)
            file.with_suffix(".json").unlink(missing_ok=True)

    def sweep(self, bucket: str) -> None:
        """Delete from disk what moto no longer has: after a deletion of many at once."""
        names = set(backend().buckets[bucket].keys)
        for note in (self._directory / bucket).glob("*.json"):
            name = json.loads(note.read_text())["key"]
            if name not in names:
                self.keep(bucket, name)
