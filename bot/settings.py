"""Everything that can be set from outside, read once into one frozen value.

The environment and the strategy file are read here and nowhere else in `bot`. A name that starts
with POLY_ and is not known is an error: a mistyped limit must not be silently the default.
"""

import difflib
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from bot.domain.refusal import ExitCode, Refused
from bot.engine.strategy.composition import Composition, compose, unreadable
from bot.watchdog.variable import VARIABLES as WATCHDOG_VARIABLES


class Mode(StrEnum):
    """What the engine runs on."""

    REPLAY = "replay"
    PAPER = "paper"
    LIVE = "live"


VARIABLES: Mapping[str, str] = {
    "POLY_MODE": "replay (default), paper or live",
    "POLY_DATA_DIR": "directory of the ledger; before RAILWAY_VOLUME_MOUNT_PATH and ./data",
    "POLY_RECORDING": "recording to replay: a file, or resolvedkit for the bundled windows",
    "POLY_STRATEGY": "strategy file (TOML)",
    "POLY_SEED": "whole number all salts, latencies and ids are derived from (default 0)",
    "POLY_SPEED": "replay pace: times real time, 0 as fast as possible (default)",
    "POLY_AS_RECORDED": "1: take answers and fills from the recording, not the paper venue",
    "POLY_LOCK_WAIT_S": "seconds to wait for the data directory's lock (default 0)",
    "POLY_BACKUP_BUCKET": "bucket of the second copy, with the next four; set by the estate",
    "POLY_BACKUP_ENDPOINT": "where the bucket's S3 server answers",
    "POLY_BACKUP_REGION": "region of the bucket, as its server names it",
    "POLY_BACKUP_ACCESS_KEY_ID": "key of the bucket",
    "POLY_BACKUP_SECRET_ACCESS_KEY": "secret of that key",
    "POLY_ORDER_LIFE_S": "how old an unsent intent may be to be sent after a restart (default 5)",
    "POLY_CAPITAL": "<id>:<USD>:<reason>: money put into the wallet, or taken out (negative)",
    "POLY_LIVE_WITHOUT_GATE": "I-accept-the-risk: go live though nothing has proved readiness",
    **WATCHDOG_VARIABLES,
}
"""Every variable of ours and what it means, but for the venue's, which are the adapter's."""
GATE = "POLY_LIVE_WITHOUT_GATE"
GATE_WORD = "I-accept-the-risk"
REPLAY_ONLY = ("POLY_RECORDING", "POLY_SPEED", "POLY_AS_RECORDED")
"""What would be silently without effect on a live feed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run of the engine is configured with. `speed` 0 means unpaced.

    Nothing of the venue's is here: a paper process never holds a key.
    """

    mode: Mode
    directory: Path
    recording: str
    strategy_file: Path
    strategy: Composition
    seed: int
    speed: float
    as_recorded: bool
    lock_wait_s: int
    order_life_us: int
    deployment_id: str
    volume_name: str
    capital: str = ""
    """What a person says of money that was put in or taken out, in live."""

    @property
    def config_hash(self) -> str:
        """Return a hash of everything that decides but the recording."""
        text = f"{self.mode}/{self.seed}/{self.order_life_us}/{self.strategy.strategy_hash}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_settings(environment: Mapping[str, str], also: Iterable[str] = ()) -> Settings:
    """Read and check everything; `also` are names that somebody else reads and checks.

    Raises:
        Refused: names the variable or the key, its value and the remedy; USAGE.

    """
    known = [*VARIABLES, *also]
    for name in environment:
        if name.startswith("POLY_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            _refuse(name, f"is not known; {f'did you mean {near[0]}?' if near else 'remove it'}")
    mode = _mode(environment)
    strategy_file = Path(_required(environment, "POLY_STRATEGY"))
    return Settings(
        mode=mode,
        directory=data_directory(environment),
        recording=_required(environment, "POLY_RECORDING") if mode is Mode.REPLAY else "",
        strategy_file=strategy_file,
        strategy=read_strategy(strategy_file),
        seed=_whole(environment, "POLY_SEED", 0),
        speed=_number(environment, "POLY_SPEED", 0.0),
        as_recorded=_yes(environment, "POLY_AS_RECORDED"),
        lock_wait_s=_whole(environment, "POLY_LOCK_WAIT_S", 0),
        order_life_us=int(_number(environment, "POLY_ORDER_LIFE_S", 5.0) * 1_000_000),
        deployment_id=environment.get("RAILWAY_DEPLOYMENT_ID", ""),
        volume_name=environment.get("RAILWAY_VOLUME_NAME", ""),
        capital=environment.get("POLY_CAPITAL", ""),
    )


def data_directory(environment: Mapping[str, str], given: str | None = None) -> Path:
    """Return where the ledger lives: --data-dir, POLY_DATA_DIR, the volume's mount, ./data."""
    return Path(
        given
        or environment.get("POLY_DATA_DIR")
        or environment.get("RAILWAY_VOLUME_MOUNT_PATH")
        or "data"
    )


def read_strategy(file: Path) -> Composition:
    """Read and check a strategy file.

    Raises:
        Refused: not there, not TOML, or any key or value that cannot be; USAGE.

    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=str)
    except OSError as error:
        raise Refused(f"{file}: cannot be read: {error.strerror}", ExitCode.USAGE) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise unreadable(str(file), error) from error
    return compose(document, str(file))


def _refuse(name: str, problem: str) -> NoReturn:
    raise Refused(f"{name}: {problem}", ExitCode.USAGE)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        _refuse(name, f"is not set; it is {VARIABLES[name]}")
    return value


def _mode(environment: Mapping[str, str]) -> Mode:
    value = environment.get("POLY_MODE", Mode.REPLAY).lower()
    if value not in {one.value for one in Mode}:
        _refuse("POLY_MODE", f"must be {VARIABLES['POLY_MODE']}, was {value!r}")
    mode = Mode(value)
    for name in REPLAY_ONLY:
        if mode is not Mode.REPLAY and environment.get(name):
            _refuse(name, f"is for a replay, and POLY_MODE is {value}; unset it")
    if mode is Mode.LIVE and environment.get(GATE, "") != GATE_WORD:
        _refuse(
            GATE,
            f"must be {GATE_WORD} for POLY_MODE=live: nothing has proved yet that this set-up "
            "is ready to trade real money; use paper",
        )
    return mode


def _yes(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "")
    if value not in {"", "0", "1"}:
        _refuse(name, f"must be 1 or 0, was {value!r}")
    return value == "1"


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()) or len(value) > 18:  # noqa: PLR2004 - 64 bits
        _refuse(name, f"must be a whole number from 0 on, was {value!r}")
    return int(value)


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    value = environment.get(name, "")
    if not value:
        return default
    plain = value.replace(".", "", 1)
    if not (plain.isascii() and plain.isdecimal()) or len(value) > 12:  # noqa: PLR2004 - sane
        _refuse(name, f"must be a number from 0 on, was {value!r}")
    return float(value)
