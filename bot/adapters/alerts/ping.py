"""A plain GET to a dead man's switch such as healthchecks.io's; its URL is a secret."""

from typing import Final

import httpx

from bot.domain.secret import Secret

TIMEOUT_S: Final = 10.0


class Ping:
    """One URL."""

    def __init__(self, url: Secret) -> None:
        """Ping this URL, through no proxy."""
        self._url = url
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)

    def __call__(self) -> str:
        """Ask once; return why it failed, without the URL, empty if it was heard."""
        try:
            status = self._client.get(self._url.reveal()).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"no answer: {type(error).__name__}"
        return "" if httpx.codes.is_success(status) else f"answered {status}"

    def close(self) -> None:
        """Hang up."""
        self._client.close()
