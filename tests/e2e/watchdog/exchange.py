"""The stand-in exchange with orders of ours resting on it, placed by the vendor's own client."""

import asyncio
from typing import Self

from polymarket import AcceptedOrder, AsyncSecureClient

from tests.contract.polymarket_sdk.standin import Row, StandIn


class Exchange:
    """A stand-in, and orders placed there."""

    def __init__(self, *options: str) -> None:
        self.stand_in = StandIn(*options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *found: object) -> None:
        self.stand_in.__exit__(*found)

    def variables(self) -> dict[str, str]:
        """Return what the watchdog is told."""
        account = self.stand_in.account
        return {
            "POLY_MODE": "live",
            "POLY_CLOB_URL": self.stand_in.line["clob_url"],
            "POLYMARKET_ADDRESS": account["address"],
            "POLYMARKET_API_KEY": account["api_key"],
            "POLYMARKET_API_SECRET": account["api_secret"],
            "POLYMARKET_PASSPHRASE": account["api_passphrase"],
        }

    def place(self, count: int = 3) -> list[str]:
        """Rest orders far from the market; return their ids."""
        return asyncio.run(self._place(count))

    async def _place(self, count: int) -> list[str]:
        client = await AsyncSecureClient.create(
            private_key=self.stand_in.account["private_key"],
            wallet=self.stand_in.account["wallet"],
            environment=self.stand_in.environment(),
            api_key=self.stand_in.relayer_key(),
        )
        token = self.stand_in.window()["tokens"][0]
        try:
            made = []
            for number in range(count):
                signed = await client.create_limit_order(
                    token_id=token, price="0.02", size=50 + number, side="BUY"
                )
                answer = await client.post_order(signed)
                assert isinstance(answer, AcceptedOrder), answer
                made.append(str(answer.order_id))
            return made
        finally:
            await client.close()

    def live(self) -> list[str]:
        """Return the ids that rest in truth."""
        rows: list[Row] = self.stand_in.truth()["orders"]
        return [str(row["id"]) for row in rows if row["status"] == "LIVE"]

    def requests(self) -> int:
        """Return how many requests it has had."""
        rows = self.stand_in.get("journal?limit=50000")["entries"]
        return sum(1 for row in rows if row["kind"] == "request")
