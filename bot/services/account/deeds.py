"""Does what a judgement says: events through the loop, orders followed, released or cancelled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from bot.domain.entry import CapitalDeposited
from bot.engine.agreement.look import Announced, Deed, Follow, Release, Remove, Tell
from bot.ports import Temporary
from bot.services.account.part import Views

MANY: Final = 5
"""So many orders to cancel are cancelled by one call, and anybody else's with them."""


class Deeds:
    """The hands of reconciliation."""

    def __init__(self, views: Views) -> None:
        """Do nothing yet."""
        self._views = views
        self._open = {one.announcement: one for one in views.announced}
        self._looked = False

    def announced(self) -> tuple[Announced, ...]:
        """Return what was announced and is not recorded yet."""
        if self._open and not self._looked:
            self._looked = True
            for recorded in self._views.ledger.deposits():
                if isinstance(recorded.entry, CapitalDeposited):
                    self._open.pop(recorded.entry.announcement, None)
        return tuple(self._open.values())

    async def do(self, deeds: Sequence[Deed]) -> None:
        """Do all of it, in order; raises `CommitUnknown` as the loop does."""
        following, floor = self._views.following, self._views.floor
        if sum(isinstance(deed, Remove) for deed in deeds) >= MANY:
            deeds = [deed for deed in deeds if not isinstance(deed, Remove)]
            await self._remove_all()
        for deed in deeds:
            match deed:
                case Tell(event):
                    await floor.carry(replace(event, frame=floor.frame, at_us=floor.at_us))
                    self._looked = False
                case Follow():
                    self._follow(deed)
                case Release(order_hash):
                    if following is not None:
                        following.release(order_hash)
                case Remove():
                    await self._remove(deed)
                case _ as never:
                    assert_never(never)

    def _follow(self, deed: Follow) -> None:
        following = self._views.following
        if following is None:
            return
        following.adopt(deed.prepared, deed.answer)
        for executed in self._views.engine.portfolio.fills.values():
            if executed.fill.order_hash == deed.prepared.order_hash:
                following.adopt_fill(executed.fill)

    async def _remove_all(self) -> None:
        """Cancel everything in one call; the next view shows whether it was heard."""
        try:
            await self._views.venue.cancel_all()
        except Temporary:
            return

    async def _remove(self, deed: Remove) -> None:
        """Ask for the cancel; the next view shows whether it was heard."""
        try:
            await self._views.venue.cancel(deed.order_hash)
        except Temporary:
            return
