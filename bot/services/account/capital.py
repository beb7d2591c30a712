"""What a person says of money that was put in or taken out: `POLY_CAPITAL`.

It explains a difference of exactly that amount, once, and nothing else: an announcement that the
venue's cash does not show waits, and one that is recorded is not looked at again.
"""

import re
from typing import Final

from bot.domain.money import Usd
from bot.domain.refusal import ExitCode, Refused
from bot.engine.agreement.look import Announced

VARIABLE: Final = "POLY_CAPITAL"
FORM: Final = "<id>:<amount in USD, negative if taken out>:<reason>, several with ; between"
PART: Final = re.compile(r"([A-Za-z0-9._-]{1,40}):(-?[0-9.]{1,20}):([^:;]{3,200})")
PARTS_MAX: Final = 20


def read_announced(text: str) -> tuple[Announced, ...]:
    """Return what is announced.

    Raises:
        Refused: names the variable, the part and the form; USAGE.

    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if len(parts) > PARTS_MAX:
        raise Refused(f"{VARIABLE}: has {len(parts)} parts, most is {PARTS_MAX}", ExitCode.USAGE)
    found = tuple(_read(part) for part in parts)
    if len({one.announcement for one in found}) < len(found):
        raise Refused(f"{VARIABLE}: an id stands there twice; give each its own", ExitCode.USAGE)
    return found


def _read(part: str) -> Announced:
    read = PART.fullmatch(part)
    try:
        amount = Usd.parse(read[2]) if read else Usd(0)
    except ValueError:
        amount = Usd(0)
    if read is None or not amount.micros:
        raise Refused(f"{VARIABLE}: must be {FORM}, was {part[:60]!r}", ExitCode.USAGE)
    return Announced(announcement=read[1], amount=amount, reason=read[3].strip())
