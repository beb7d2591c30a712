"""The provider's schema, read off the kinds: for `pulumi import` and `package get-schema`.

The typed classes in infra/resources are written by hand; a test holds them to this.
"""

from typing import Any

from infra.provider.kinds import KINDS
from infra.provider.kinds.kind import Kind
from infra.provider.kinds.property import Field, fields
from infra.provider.session import CONFIGURATION

NAME = "railway"
VERSION = "0.1.0"
TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}

Json = dict[str, object]


def schema() -> Json:
    """Return the package schema."""
    return {
        "name": NAME,
        "displayName": "Railway",
        "version": VERSION,
        "description": "Railway's projects, environments, services, volumes, variables, buckets.",
        "language": {"python": {"packageName": "infra.resources"}},
        "config": {"variables": {name: _configured(name) for name in CONFIGURATION}},
        "provider": {
            "description": "The railway provider.",
            "inputProperties": {name: _configured(name) for name in CONFIGURATION},
        },
        "resources": {token: _resource(kind) for token, kind in KINDS.items()},
    }


def _configured(name: str) -> Json:
    secret: Json = {"secret": True} if name == "token" else {}
    return {"type": "string", "description": CONFIGURATION[name], **secret}


def _resource(kind: Kind[Any]) -> Json:
    inputs, outputs = fields(kind.inputs), fields(kind.outputs)
    every = {field.wire: field for field in (*inputs, *outputs)}
    required = [field.wire for field in inputs if field.required]
    return {
        "description": kind.text,
        "inputProperties": {field.wire: _property(field) for field in inputs},
        "requiredInputs": required,
        "properties": {name: _property(field) for name, field in every.items()},
        "required": [*dict.fromkeys((*required, *(field.wire for field in outputs)))],
    }


def _property(field: Field) -> Json:
    described: Json = {"description": field.prop.text, **_type(field)}
    if field.prop.secret:
        described["secret"] = True
    if field.default not in (None, {}, ()):
        described["default"] = field.default
    return described


def _type(field: Field) -> Json:
    if field.shape is dict:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if field.shape is tuple:
        return {"type": "array", "items": {"type": "string"}}
    return {"type": TYPES[field.shape]}
