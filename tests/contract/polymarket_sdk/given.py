"""Orders that the fault tests post, and what they ask of the truth."""

from polymarket import AsyncSecureClient, SignedOrder

from tests.contract.polymarket_sdk.standin import Row, StandIn

Client = AsyncSecureClient


async def limit(stand_in: StandIn, client: Client, size: int = 50) -> SignedOrder:
    token = stand_in.window()["tokens"][0]
    return await client.create_limit_order(token_id=token, price="0.02", size=size, side="BUY")


async def fak(stand_in: StandIn, client: Client) -> SignedOrder:
    token = stand_in.window()["tokens"][0]
    return await client.create_market_order(
        token_id=token, amount=5, side="BUY", max_price="0.99", order_type="FAK"
    )


def live(stand_in: StandIn) -> list[Row]:
    return [order for order in stand_in.truth()["orders"] if order["status"] == "LIVE"]


def struck(stand_in: StandIn, name: str) -> int:
    faults: list[Row] = stand_in.truth()["faults"]
    return int(next(fault["struck"] for fault in faults if fault["name"] == name))
