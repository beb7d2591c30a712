"""Environment configurations and patches of them as pure values: merge, compare, name paths.

A patch is an EnvironmentConfig in which an absent key keeps and a null deletes (railway facts
1.13). Nothing here calls Railway, and no function returns or prints a value.
"""

from collections.abc import Iterator, Mapping

Json = Mapping[str, object]
Path = tuple[str, ...]

MASK = "*****"
# Written to say what shall happen, not kept as part of what is.
ORDERS = frozenset({"isCreated", "isDeleted"})


def leaves(patch: Json, prefix: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield each path of a patch with what it sets; null is a deletion."""
    for key, value in patch.items():
        path = (*prefix, key)
        if isinstance(value, Mapping) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def at(config: Json, path: Path) -> object:
    """Return what a configuration holds at a path; None where it holds nothing."""
    found: object = config
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def shown(path: Path) -> str:
    """Return a path as a person reads it."""
    return ".".join(path)


def unapplied(config: Json, patch: Json) -> tuple[str, ...]:
    """Return the paths at which a configuration does not yet hold what the patch writes.

    The value of a sealed variable never reads back, so its flag stands for it.
    """
    return tuple(
        shown(path) for path, value in leaves(patch) if not _holds(config, patch, path, value)
    )


def unproved(config: Json, patch: Json) -> tuple[str, ...]:
    """Return the paths that still have to be written: unapplied ones, and all sealed values."""
    sealed = tuple(
        shown((*path[:-1], "value"))
        for path, value in leaves(patch)
        if path[-1] == "isSealed" and value is True
    )
    return tuple(dict.fromkeys((*unapplied(config, patch), *sealed)))


def needed(config: Json, patch: Json) -> dict[str, object]:
    """Return a patch without deletions of what is not there."""
    return _needed(config, patch, ())


def _needed(config: Json, patch: Json, prefix: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in patch.items():
        path = (*prefix, key)
        if isinstance(value, Mapping) and value:
            inner = _needed(config, value, path)
            if inner:
                found[key] = inner
        elif value is not None or at(config, path) is not None:
            found[key] = value
    return found


def _holds(config: Json, patch: Json, path: Path, value: object) -> bool:
    owner, key = path[:-1], path[-1]
    if key == "isDeleted":
        gone = at(config, owner)
        return gone is None or at(config, path) is True
    if key in ORDERS:
        return (
            isinstance(at(config, owner), Mapping) and at(config, (*owner, "isDeleted")) is not True
        )
    if key == "value" and at(patch, (*owner, "isSealed")) is True:
        return isinstance(at(config, owner), Mapping)
    if key == "isSealed" and value is False:
        return at(config, path) in (None, False)
    return alike(at(config, path), value)


def alike(one: object, other: object) -> bool:
    """Say whether two values are the same to Railway: nothing is null, 1 is 1.0, {} is nothing."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(alike(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if _empty(one) or _empty(other):
        return _empty(one) and _empty(other)
    return one == other


def _empty(value: object) -> bool:
    return value is None or value == {}


def same(staged: Json, patch: Json) -> bool:
    """Say whether a staged patch is the one about to be written, as far as it can be read.

    Values of variables come back masked or null; such a leaf counts as equal, and the caller writes
    its own value over it before it commits.
    """
    ours, theirs = dict(leaves(patch)), dict(leaves(staged))
    return ours.keys() == theirs.keys() and all(
        alike(theirs[path], value) or _masked(path, theirs[path]) for path, value in ours.items()
    )


def _masked(path: Path, value: object) -> bool:
    is_variable = "variables" in path and path[-1] == "value"
    return is_variable and (value is None or (isinstance(value, str) and set(value) == {"*"}))


def paths(patch: Json) -> tuple[str, ...]:
    """Return the paths a patch writes, sorted, without their values."""
    return tuple(sorted(shown(path) for path, _ in leaves(patch)))
