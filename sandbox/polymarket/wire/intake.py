"""One signed order through every check, in the order in which the venue makes them."""

from dataclasses import dataclass

from sandbox.polymarket.book.order import Order, Want
from sandbox.polymarket.signing.addresses import exchange_of
from sandbox.polymarket.signing.orders import SignedOrder, recover_order
from sandbox.polymarket.venue import rules
from sandbox.polymarket.venue.accounts import ApiKey, Wallet
from sandbox.polymarket.venue.market import Market
from sandbox.polymarket.venue.state import RefusedError
from sandbox.polymarket.venue.trading import Outcome, fees, refuse_kill, submit
from sandbox.polymarket.world import World


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order that the venue took."""

    order_id: str
    outcome: Outcome


def owns(world: World, key: ApiKey, order: Order) -> bool:
    """Say whether an API key may see and cancel an order: its maker's owner, or its signer."""
    if order.eoa.lower() == key.eoa.lower():
        return True
    wallet = world.venue.accounts.wallet(order.maker)
    return wallet is not None and wallet.owner == key.eoa.lower()


def take(world: World, signed: SignedOrder, key: ApiKey) -> Accepted:
    """Check an order and submit it.

    Raises:
        RefusedError: with the venue's text; nothing was taken.

    """
    venue, now_s = world.venue, world.clocks.protocol_s()
    wallet = rules.check_owner(venue, signed, key)
    market = rules.check_market(venue, signed)
    recovered = recover_order(signed, neg_risk=market.neg_risk)
    rules.check_signature(venue, recovered, wallet, key, now_s=now_s)
    rules.check_standing(venue, signed, key)
    rules.check_expiration(signed, now_s=now_s)
    if recovered.order_id in venue.orders:
        raise RefusedError(f"order {recovered.order_id} is invalid. Duplicated.")
    terms = rules.read_terms(signed, market, recovered.order_id)
    order = _order(world, signed, market, recovered.order_id, terms)
    order.eoa = key.eoa
    outcome = _submit(world, signed, order, (market, wallet, terms))
    return Accepted(order.id, outcome)


def _submit(
    world: World, signed: SignedOrder, order: Order, where: tuple[Market, Wallet, rules.Terms]
) -> Outcome:
    market, wallet, terms = where
    venue = world.venue
    want = Want(order.index, order.side, order.price, order.size, budget=order.budget)
    plan = market.book.plan(want)
    refuse_kill(order, plan)
    if plan.crosses:
        rules.check_marketable(want, terms)
    if venue.faults.strikes("invalid-nonce"):
        raise RefusedError("invalid nonce")
    if venue.faults.strikes("allowance-missing"):
        contract, _ = exchange_of(signed.token, neg_risk=market.neg_risk)
        raise RefusedError(
            "not enough balance / allowance: the allowance is not enough -> "
            f"spender: {contract}, allowance: 0, order amount: {signed.maker_amount}"
        )
    fee = fees(market, plan.crosses) if order.side == "BUY" else 0
    rules.check_funds(venue, signed, wallet, terms, fee)
    return submit(venue, market, order, plan)


def _order(
    world: World, signed: SignedOrder, market: Market, order_id: str, terms: rules.Terms
) -> Order:
    return Order(
        id=order_id,
        owner=signed.owner,
        eoa="",
        maker=signed.maker,
        market=market.condition_id,
        token=signed.token,
        index=market.index_of(signed.token),
        side=signed.side,
        price=terms.limit,
        size=terms.shares,
        budget=terms.budget,
        order_type=signed.order_type,
        expiration_s=signed.expiration_s,
        created_us=world.venue.now_us,
        post_only=signed.post_only,
    )
