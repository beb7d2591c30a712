"""A match on its way to the chain: its legs, and what it will move there."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Leg:
    """The maker's side of a match, in the maker's own outcome and price."""

    order_id: str
    owner: str
    maker: str
    token: str
    index: int
    side: str
    price: int
    size: int
    ours: bool
    """False: somebody of the recorded book."""


@dataclass(slots=True)
class Move:
    """What a match moves in one wallet once it is mined; millionths, negative goes out."""

    wallet: str
    cash: int
    token: str
    shares: int
    fee: int
    order_id: str


@dataclass(slots=True)
class Trade:
    """One match of a taker at one price. Walks MATCHED, MINED, CONFIRMED or RETRYING, FAILED."""

    id: str
    market: str
    taker_order_id: str
    owner: str
    maker: str
    taker_ours: bool
    token: str
    index: int
    side: str
    price: int
    size: int
    fee: int
    match_us: int
    update_us: int
    tx_hash: str
    legs: list[Leg]
    moves: list[Move]
    status: str = "MATCHED"
    broadcast: bool = False
    mined: bool = False
    phantom: bool = False
    """Its lock is never released: the fault `phantom-lock`."""
    path: list[str] = field(default_factory=list)
