"""A value that never prints: keys, secrets, passphrases.

Whoever needs the text says `reveal()`, which can be searched for; nothing else gives it away.
"""

from typing import Final, NoReturn

from typing_extensions import override

SHOWN: Final = "***"


class Secret:
    """Text that repr, str, format and pickling do not show."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; only at the call that sends or signs."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    @override
    def __hash__(self) -> int:
        return hash(self._text)

    @override
    def __repr__(self) -> str:
        return SHOWN

    @override
    def __str__(self) -> str:
        return SHOWN

    @override
    def __format__(self, _: str, /) -> str:
        return SHOWN

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")
