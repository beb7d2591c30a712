"""The vendor's own client at the same account: another program of the operator's."""

from polymarket import AcceptedOrder, AsyncSecureClient

from ops.demo.exchange.control import Exchange
from tests.contract.polymarket_sdk.standin import StandIn


class Known(StandIn):
    """A stand-in that somebody else has started."""

    def __init__(self, exchange: Exchange) -> None:
        self.line = exchange.line
        self.account = exchange.line["account"]
        self.http = exchange.http


async def rest(exchange: Exchange, count: int) -> tuple[str, ...]:
    """Rest orders far from the market, by the account's deposit wallet; return their ids."""
    known = Known(exchange)
    client = await AsyncSecureClient.create(
        private_key=known.account["private_key"],
        wallet=known.account["wallet"],
        environment=known.environment(),
        api_key=known.relayer_key(),
    )
    token = known.window()["tokens"][0]
    made = list[str]()
    for number in range(count):
        signed = await client.create_limit_order(
            token_id=token, price="0.02", size=50 + number, side="BUY"
        )
        answer = await client.post_order(signed)
        assert isinstance(answer, AcceptedOrder)
        made.append(str(answer.order_id).lower())
    await client.close()
    return tuple(made)
