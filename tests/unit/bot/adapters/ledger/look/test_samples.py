"""The samples are the rows: what was asked, what it cost, and what was believed of each payout."""

from pathlib import Path

from bot.adapters.ledger import driver
from bot.adapters.ledger.look.samples import samples
from bot.adapters.ledger.reader import LedgerReader
from tests.contract.ledger.story import day
from tests.unit.bot.adapters.ledger.conftest import write


def test_every_order_that_is_over_is_a_sample(tmp_path: Path) -> None:
    file = write(tmp_path, day(3, windows=12))
    with LedgerReader.open(file.parent) as ledger:
        found = samples(ledger, 1_000)
        few = samples(ledger, 3)
    connection = driver.open_reader(file)
    over = connection.execute(
        "SELECT count(*), sum(filled_size_micros), sum(fees_micros) FROM orders"
        " WHERE status IN ('filled', 'cancelled', 'rejected')"
        " OR (status = 'expired' AND filled_size_micros > 0)"
    ).fetchone()
    paid = connection.execute("SELECT count(*), sum(profit_micros) FROM settlements").fetchone()
    connection.close()
    orders = found.orders
    assert (len(orders), sum(o.size for o in orders), sum(o.fee for o in orders)) == over
    assert len(orders) > 5
    assert all(0 <= one.fill_ratio <= 1 for one in orders)
    assert (len(found.windows), sum(one.profit for one in found.windows)) == paid
    assert all(0 < one.believed < 1_000_000 for one in found.windows)
    assert few.orders == orders[:3]
    assert few.windows == found.windows[:3]


def test_an_empty_ledger_has_none(tmp_path: Path) -> None:
    file = write(tmp_path, day(3, windows=1)[:3])
    with LedgerReader.open(file.parent) as ledger:
        assert samples(ledger, 50).orders == ()
