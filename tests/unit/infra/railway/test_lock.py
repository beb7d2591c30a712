"""One writer at a time: in this process, on this machine, and never for longer than promised."""

import fcntl
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.railway.errors import Busy, Cancelled
from infra.railway.lock import lock_file, only_writer
from infra.railway.pace import Pace

QUICK = Pace(look_s_first=0.001, look_s_max=0.001, lock_s_max=0.05)
PATIENT = Pace(look_s_first=0.001, look_s_max=0.001, lock_s_max=20.0)


@pytest.fixture
def scope() -> str:
    return str(uuid.uuid4())


def test_writers_of_one_environment_take_turns(scope: str) -> None:
    inside, most, guard = [0], [0], threading.Lock()

    def write(_: int) -> None:
        with only_writer(scope, PATIENT):
            with guard:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            with guard:
                inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert most == [1]


def test_writers_of_two_environments_do_not_wait_for_each_other(scope: str) -> None:
    with only_writer(scope, QUICK), only_writer(f"{scope}-2", QUICK):
        pass


def test_another_process_that_holds_it_is_named_after_a_bounded_wait(scope: str) -> None:
    path = lock_file(scope)
    with path.open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        with (
            pytest.raises(Busy, match="another process on this machine"),
            only_writer(scope, QUICK),
        ):
            pass
    with only_writer(scope, QUICK):
        pass


def test_a_writer_that_fails_lets_the_next_one_in(scope: str) -> None:
    with pytest.raises(ZeroDivisionError), only_writer(scope, QUICK):
        raise ZeroDivisionError
    with only_writer(scope, QUICK):
        pass


def test_somebody_who_stops_us_need_not_wait_for_the_lock(scope: str) -> None:
    pace = Pace(lock_s_max=60.0)
    pace.stopped.set()
    with only_writer(scope, QUICK), pytest.raises(Cancelled), only_writer(scope, pace):
        pass
