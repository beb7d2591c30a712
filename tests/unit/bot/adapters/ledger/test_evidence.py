"""A boot can say what the ledger holds, recomputed from the rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.content import GENESIS as SAME_GENESIS
from bot.adapters.ledger.proof.evidence import evidence
from bot.ports import GENESIS

Corrupt = Callable[..., None]


def test_the_hash_up_to_a_sequence_is_the_chain_recomputed(copied: Path) -> None:
    ledger = SqliteLedger.open(copied.parent, threaded=False)
    every = ledger.entries()
    ledger.drop()

    said = evidence(copied, [0, 5, len(every), len(every) + 1])

    assert said.integrity == "ok"
    assert said.chain == "ok"
    assert said.hashes == {0: GENESIS, 5: every[4].hash, len(every): every[-1].hash}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE trade_events SET content = '{}' WHERE seq = 9", "sequence 9: its hash is not"),
        ("UPDATE trade_events SET prev_hash = '' WHERE seq = 9", "sequence 9: its previous hash"),
        (
            "DELETE FROM trade_events WHERE seq IN (9, 10)",
            "sequence 11: events 9 to 10 are missing",
        ),
    ],
)
def test_a_broken_chain_is_said_and_gives_no_hash_after_it(
    copied: Path, corrupt: Corrupt, sql: str, said: str
) -> None:
    corrupt(sql)

    found = evidence(copied, [8, 9, 12])

    assert found.chain.startswith(said)
    assert set(found.hashes) == {8}


def test_it_reads_beside_a_running_writer(copied: Path) -> None:
    ledger = SqliteLedger.open(copied.parent, threaded=False)

    assert evidence(copied, [ledger.head.seq]).hashes == {ledger.head.seq: ledger.head.hash}
    ledger.drop()


def test_readers_and_port_mean_the_same_genesis() -> None:
    """The reader has a copy, so that a command need not import the whole domain."""
    assert SAME_GENESIS == GENESIS
