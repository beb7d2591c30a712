"""A disk that refuses a write ends the ledger; the next start finds it whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.verify import verify
from bot.adapters.ledger.reader import LedgerReader

REFUSING = """
import asyncio, json, resource, signal, sys
from pathlib import Path
from bot.adapters.ledger.ledger import SqliteLedger
from bot.ports import CommitUnknown, Permanent
from tests.contract.ledger.story import Story

async def main(directory):
    ledger = SqliteLedger.open(directory)
    teller = Story(1)
    for said, stamp in teller.opening():
        await ledger.append(said, stamp)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = (directory / "poly.db-wal").stat().st_size + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    acked, number, ends = ledger.head, 0, []
    while len(ends) < 3:
        for said, stamp in teller.window(number):
            try:
                acked = await ledger.append(said, stamp)
            except (CommitUnknown, Permanent) as error:
                ends.append([type(error).__name__, str(error)])
        number += 1
    print(json.dumps({"seq": acked.seq, "hash": acked.hash, "ends": ends}), flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("room", [100_000, 333_333, 1_000_000])
def test_a_refused_write_ends_the_ledger(tmp_path: Path, room: int) -> None:
    """The limit on the file's size is the kernel's own EFBIG, in the middle of some write."""
    done = subprocess.run(
        [sys.executable, "-c", REFUSING, str(tmp_path), str(room)],
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(done.stdout)

    kinds = [kind for kind, _ in said["ends"]]
    assert len(set(kinds)) == 1, "what it was stays what it is"
    assert "Traceback" not in done.stderr
    ledger = SqliteLedger.open(tmp_path, threaded=False)
    found = ledger.entries(after_seq=said["seq"] - 1, upto_seq=said["seq"])
    head = ledger.head
    ledger.drop()
    assert [entry.hash for entry in found] == [said["hash"]]
    assert head.seq == said["seq"] or kinds[0] == "CommitUnknown"
    assert verify(tmp_path / "poly.db").ok
    with LedgerReader.open(tmp_path) as reader:
        assert reader.last_seq() == head.seq
