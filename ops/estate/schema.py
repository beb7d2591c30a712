"""Whether Railway's API still is what our operations were written for. Reads only.

Introspection of the live endpoint, then every operation document validated against it.
"""

from importlib.resources import files

import httpx

from bot.domain.refusal import ExitCode, Refused
from infra.railway.client import SOURCE, Railway

INTROSPECTION_S_MAX = 60.0


def drift(client: Railway) -> list[str]:
    """Return one line for each operation the live schema does not take.

    Raises:
        Refused: graphql-core is not installed, or there was no schema to compare with.

    """
    try:
        import graphql  # noqa: PLC0415 - of the extra [demo]
    except ImportError:
        raise Refused("graphql-core is missing: install poly with its extra [demo]") from None
    query = graphql.get_introspection_query(descriptions=False, input_value_deprecation=True)
    try:
        answer = httpx.post(
            client.url,
            params=SOURCE,
            json={"query": query},
            headers=client.token.header,
            timeout=INTROSPECTION_S_MAX,
        ).json()
        schema = graphql.build_client_schema(answer["data"], assume_valid=True)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"no schema from {client.url} ({type(error).__name__})", ExitCode.OUTSIDE
        ) from None
    lines = []
    for file in sorted((files("infra.railway") / "operations").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".graphql"):
            errors = graphql.validate(schema, graphql.parse(file.read_text("utf-8")))
            lines += [f"{file.name}: {errors[0].message}"] if errors else []
    return lines
