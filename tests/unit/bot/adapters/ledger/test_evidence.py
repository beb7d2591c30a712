"""A boot can say what the ledger holds, recomputed from the rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.ledger.ledger import SqliteLedger
from bot.adapters.ledger.proof.content import GENESIS as SAME_GENESIS
from bot.adapters.ledger.proof.evidence import evidence
from bot.adapters.ledger.proof.line import boot_line, proof_line, stop_line
from bot.adapters.ledger.reader import LedgerReader
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


def test_a_stop_goes_on_from_what_the_boot_proved(copied: Path, corrupt: Corrupt) -> None:
    """What was proved is not read again; what came after it is, and must link to it."""
    whole = evidence(copied, [9, 20]).hashes
    corrupt("UPDATE trade_events SET content = '{}' WHERE seq = 5")

    assert evidence(copied, [20], known=(9, whole[9])).hashes == {20: whole[20]}
    assert evidence(copied, [20], known=(9, "f" * 64)).chain.startswith("sequence 10: its previous")


def test_the_lines_of_boot_and_stop_agree(copied: Path) -> None:
    """docs/persistence-evidence.md: equal hashes at equal sequences, however computed."""
    boot = boot_line(copied)
    proof = proof_line(copied, boot)
    known = (int(boot["head_sequence"] or 0), str(proof["content_hash"]))
    ledger = SqliteLedger.open(copied.parent, threaded=False)
    last = ledger.head
    ledger.drop()

    assert stop_line(copied, known) == stop_line(copied)
    assert stop_line(copied)["last_sequence"] == last.seq
    assert stop_line(copied)["content_hash"] == last.hash
    assert (proof["integrity"], proof["chain"]) == ("ok", "ok")
    with LedgerReader.open(copied.parent) as reader:
        assert boot["rows_fills"] == len(reader.trades())
        assert boot["rows_orders"] == len(reader.orders(every=True))
        assert boot["rows_events"] == last.seq


def test_readers_and_port_mean_the_same_genesis() -> None:
    """The reader has a copy, so that a command need not import the whole domain."""
    assert SAME_GENESIS == GENESIS
