"""Protobuf values to Python values and back: secrets, unknowns and whole numbers kept apart.

Translates and decides nothing. Source of the signatures: pulumi/pulumi@1b5949891b
sdk/go/common/resource/{sig,plugin}, read 2026-11-22.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, Union

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct
from google.protobuf.struct_pb2 import Value as Message
from typing_extensions import override

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's public mark, no secret
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown(Enum):
    """A value that is only known once something has been made."""

    UNKNOWN = UNKNOWN_TEXT


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Secret:
    """A value the engine has to encrypt; it never prints."""

    value: "Value"

    @override
    def __repr__(self) -> str:
        return "Secret(***)"


Value: TypeAlias = Union[
    bool, int, float, str, "list[Value]", "dict[str, Value]", Secret, Unknown, None
]
Properties: TypeAlias = Mapping[str, Value]


def decode(struct: Struct) -> dict[str, Value]:
    """Return the properties of a message."""
    return {name: _decoded(message) for name, message in struct.fields.items()}


def _decoded(message: Message) -> Value:
    match message.WhichOneof("kind"):
        case "bool_value":
            return message.bool_value
        case "number_value":
            number = message.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            text = message.string_value
            return UNKNOWN if text == UNKNOWN_TEXT else text
        case "list_value":
            return [_decoded(entry) for entry in message.list_value.values]
        case "struct_value":
            return _decoded_struct(message.struct_value)
        case _:
            return None


def _decoded_struct(struct: Struct) -> Value:
    found = decode(struct)
    if found.get(SIGNATURE) == SECRET:
        return Secret(found.get("value"))
    return found


def encode(properties: Properties) -> Struct:
    """Return properties as a message; None is left out, as a property nobody gave."""
    struct = Struct()
    for name, value in properties.items():
        if value is not None:
            struct.fields[name].CopyFrom(_encoded(value))
    return struct


SCALARS = {bool: "bool_value", int: "number_value", float: "number_value", str: "string_value"}


def _encoded(value: Value) -> Message:
    match value:
        case Unknown():
            return Message(string_value=UNKNOWN_TEXT)
        case Secret(inner):
            marked: dict[str, Value] = {SIGNATURE: SECRET, "value": inner}
            return Message(struct_value=encode(marked))
        case dict():
            return Message(struct_value=encode(value))
        case list() | tuple():
            return Message(list_value=ListValue(values=map(_encoded, value)))
        case None:
            return Message(null_value=NullValue.NULL_VALUE)
        case _:
            message = Message()
            setattr(message, SCALARS[type(value)], value)
            return message


def plain(value: Value) -> Value:
    """Return a value with every secret in it unwrapped."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value


def is_secret(value: Value) -> bool:
    """Say whether a value is a secret or holds one."""
    if isinstance(value, dict):
        return any(map(is_secret, value.values()))
    if isinstance(value, list):
        return any(map(is_secret, value))
    return isinstance(value, Secret)


def wrapped(value: Value) -> Value:
    """Return a value as a secret; in a map each entry, so that a preview can name what changed."""
    bare = plain(value)
    if isinstance(bare, dict):
        return {name: Secret(entry) for name, entry in bare.items()}
    return bare if bare is None else Secret(bare)


def with_secrets(properties: Properties, secret: Iterable[str]) -> dict[str, Value]:
    """Return properties with those of these names wrapped, whatever they came as."""
    names = frozenset(secret)
    return {name: wrapped(value) if name in names else value for name, value in properties.items()}
