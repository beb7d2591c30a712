"""What the venue refuses, in its own words: each check raises with the text that it sends.

Sources: docs.polymarket.com/resources/error-codes.md, and captures in Polymarket/py-clob-client
#301 #305, rs-clob-client-v2 #59, JKorf/Polymarket.Net #5; read 2026-11-22. Where no text is known
the comment says so.
"""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.polymarket.book.order import Want
from sandbox.polymarket.book.units import ONE, text
from sandbox.polymarket.signing.addresses import WalletKind, exchange_of
from sandbox.polymarket.signing.orders import Recovered, SignedOrder
from sandbox.polymarket.venue.accounts import ApiKey, Wallet
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.state import RefusedError, Venue

CENT = 10_000
GTD_MARGIN_S = 60
"""A GTD order must outlive the venue's one-minute security threshold."""
_DECIMALS = {100_000: 3, 10_000: 4, 5_000: 5, 2_500: 6, 1_000: 5, 100: 6}
NO_BOOK = "No orderbook exists for the requested token id"
NOT_READY = "the market is not yet ready to process new orders"
SIGNER = "the order signer address has to be the address of the API KEY"
POST_ONLY_CROSSES = "invalid post-only order: order crosses book"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order's two amounts mean: a limit price, shares, and dollars where those rule."""

    limit: int
    shares: int
    usd: int
    budget: int


def check_owner(venue: Venue, order: SignedOrder, key: ApiKey) -> Wallet:
    """Refuse an order that is not the API key's own; return the wallet that trades."""
    if order.owner != key.credentials.key:
        raise RefusedError("the order owner has to be the owner of the API KEY")
    wallet = venue.accounts.wallet(order.maker)
    if order.kind is WalletKind.DEPOSIT:
        known = wallet is not None and wallet.kind is WalletKind.DEPOSIT
        if order.signer.lower() != order.maker.lower() or not known:
            raise RefusedError(SIGNER)
    elif order.signer.lower() != key.eoa.lower():
        raise RefusedError(SIGNER)
    if wallet is None or wallet.kind is not order.kind or not wallet.deployed:
        # An address nobody derived from this key: the venue's text for it is not known.
        raise RefusedError("invalid signature")
    return wallet


def check_signature(
    venue: Venue, recovered: Recovered, wallet: Wallet, key: ApiKey, *, now_s: int
) -> None:
    """Refuse an order that the API key's own address did not sign for this wallet."""
    signer = recovered.signer
    if recovered.elsewhere is not None and recovered.elsewhere.lower() == key.eoa.lower():
        raise RefusedError("order_version_mismatch")
    if signer is None:
        raise RefusedError("invalid signature")
    if signer.lower() != key.eoa.lower():
        raise RefusedError(SIGNER)
    if not venue.accounts.may_sign(wallet, signer, now_s, session=recovered.session):
        raise RefusedError("invalid signature")


def check_standing(venue: Venue, order: SignedOrder, key: ApiKey) -> None:
    """Refuse whom the venue does not want."""
    trader = venue.accounts.trader(key.eoa)
    if trader.banned or venue.faults.strikes("address-banned"):
        raise RefusedError(f"'{key.eoa}' address banned")
    closed_only = trader.closed_only or venue.faults.strikes("closed-only")
    if closed_only and order.side == "BUY":
        raise RefusedError(f"'{key.eoa}' address in closed only mode")
    if order.kind is not WalletKind.DEPOSIT and venue.faults.strikes("deposit-wallet-only"):
        raise RefusedError("maker address not allowed, please use the deposit wallet flow")


def check_market(venue: Venue, order: SignedOrder) -> Market:
    """Refuse a token that is not traded now; return its market."""
    market = venue.market_of(order.token)
    if market is None or not market.accepting:
        raise RefusedError(NO_BOOK)
    if market.book_from_us > venue.now_us or venue.faults.strikes("market-not-ready"):
        raise RefusedError(NOT_READY)
    return market


def check_expiration(order: SignedOrder, *, now_s: int) -> None:
    """Refuse an expiration that is too near, or that the order type does not have."""
    if order.order_type == "GTD":
        if order.expiration_s < now_s + GTD_MARGIN_S:
            raise RefusedError("invalid expiration")
    elif order.expiration_s != 0:
        raise RefusedError("invalid expiration")


def read_terms(order: SignedOrder, market: Market, order_id: str) -> Terms:
    """Turn the two signed amounts into price and size, or refuse them."""
    if order.maker_amount == 0 or order.taker_amount == 0:
        raise RefusedError("Invalid order payload")
    buys = order.side == "BUY"
    usd, shares = order.maker_amount, order.taker_amount
    if not buys:
        usd, shares = shares, usd
    if order.order_type in {"FOK", "FAK"}:
        terms = _market_terms(order, market, usd, shares)
    else:
        terms = _limit_terms(order, market, usd, shares)
        if shares < market.min_size:
            size, least = text(shares), text(market.min_size)
            raise RefusedError(
                f"order {order_id} is invalid. Size ({size}) lower than the minimum: {least}"
            )
    if terms.limit % market.tick or not market.tick <= terms.limit <= ONE - market.tick:
        raise RefusedError(
            f"order {order_id} is invalid. Price ({text(terms.limit)}) breaks minimum tick size "
            f"rule: {text(market.tick)}"
        )
    return terms


def check_marketable(want: Want, terms: Terms) -> None:
    """Refuse a buy that would match at once for less than a dollar."""
    if want.side == "BUY" and terms.usd < ONE:
        paid = text(terms.usd)
        raise RefusedError(f"invalid amount for a marketable BUY order (${paid}), min size: $1")


def check_funds(venue: Venue, order: SignedOrder, wallet: Wallet, terms: Terms, fee: int) -> None:
    """Refuse what the wallet cannot pay, or what the exchange contract may not take."""
    contract, _ = exchange_of(order.token, neg_risk=_neg_risk(venue, order.token))
    live = [o for o in venue.open_orders(wallet.address) if o.side == order.side]
    if order.side == "BUY":
        asked = terms.usd + fee
        held, locked = wallet.cash, wallet.cash_locked
        active = sum(o.budget - o.spent if o.budget else o.remaining * o.price // ONE for o in live)
        granted = wallet.allowance(contract)
    else:
        asked = terms.shares
        held = wallet.tokens.get(order.token, 0)
        locked = wallet.tokens_locked.get(order.token, 0)
        active = sum(o.remaining for o in live if o.token == order.token)
        granted = asked if wallet.may_move(order.token, contract) else 0
    if asked + locked + active > held:
        also = f", sum of active orders: {active}" if active else ""
        raise RefusedError(
            "not enough balance / allowance: the balance is not enough -> "
            f"balance: {held}, order amount: {asked}, sum of matched orders: {locked}{also}"
        )
    if granted < asked:
        raise RefusedError(
            "not enough balance / allowance: the allowance is not enough -> "
            f"spender: {contract}, allowance: {granted}, order amount: {asked}"
        )


def _market_terms(order: SignedOrder, market: Market, usd: int, shares: int) -> Terms:
    """Read a FOK or FAK: a buy spends dollars (2 decimals), a sell gives shares (2 decimals)."""
    step = 10 ** (6 - _DECIMALS[market.tick])
    side = order.side.lower()
    given, asked = order.maker_amount, order.taker_amount
    if given % CENT or asked % step:
        raise RefusedError(
            f"invalid amounts, the market {side} orders maker amount supports a max accuracy of 2 "
            f"decimals, taker amount a max of {_DECIMALS[market.tick]} decimals"
        )
    exact = usd * ONE // shares
    if order.side == "BUY":
        return Terms(exact - exact % market.tick, shares, usd, budget=usd)
    # What a seller asks was rounded down to its decimals: the price meant is the tick above.
    up = -(-usd * ONE // (shares * market.tick)) * market.tick
    return Terms(up, shares, usd, budget=0)


def _limit_terms(order: SignedOrder, market: Market, usd: int, shares: int) -> Terms:
    decimals = _DECIMALS[market.tick]
    if shares % CENT or usd % 10 ** (6 - decimals):
        parts = (decimals, 2) if order.side == "BUY" else (2, decimals)
        raise RefusedError(
            f"invalid amounts, the {order.side.lower()} orders maker amount supports a max "
            f"accuracy of {parts[0]} decimals, taker amount a max of {parts[1]} decimals"
        )
    exact = Decimal(usd) / shares
    limit = round(exact * ONE)
    if limit * shares != usd * ONE:
        price = exact.quantize(Decimal("0.01"))
        should = text(round(price * shares))
        raise RefusedError(
            f"invalid amounts, the taker amount for a ${price} order of size {text(shares)} should "
            f"be '{should}' but the value submited is '{text(usd)}'. Please check if you are using "
            "the latest version of the 'clob-client' library"
        )
    return Terms(limit, shares, usd, budget=0)


def _neg_risk(venue: Venue, token: str) -> bool:
    market = venue.market_of(token)
    return market is not None and market.neg_risk
