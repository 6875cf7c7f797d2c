"""Plumbing: the applications that live in the sandbox.

One by default, with the credentials of `world`. `settings.SANDBOX_APPS` brings others: a list of dictionaries with
CORP_ID, AGENT_ID, SECRET, CALLBACK_TOKEN, ENCODING_AES_KEY and, if wanted, NAME and CALLBACK_URL (empty: none). They
may belong to several corporations, which share one address book here. A scripted world may bring its own instead.
"""

from dataclasses import dataclass

from django.conf import settings

from . import clock, world


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application as the administrator has set it up in the console.

    key  what names it in the sandbox: the agent id, or "corp/agent" where two corporations use the same one
    """

    key: str
    corp_id: str
    agent_id: str
    secret: str
    callback_token: str
    encoding_aes_key: str
    name: str
    callback_url: str


def every() -> list[Application]:
    configured = clock.load().apps or getattr(settings, "SANDBOX_APPS", None) or [world.CREDENTIALS]
    agents = [str(entry["AGENT_ID"]) for entry in configured]
    return [
        Application(
            key=agent if agents.count(agent) == 1 else f"{entry['CORP_ID']}/{agent}",
            corp_id=entry["CORP_ID"],
            agent_id=agent,
            secret=entry["SECRET"],
            callback_token=entry["CALLBACK_TOKEN"],
            encoding_aes_key=entry["ENCODING_AES_KEY"],
            name=entry.get("NAME", world.APP_NAME),
            callback_url=_default_url() if entry.get("CALLBACK_URL") is None else entry["CALLBACK_URL"],
        )
        for entry, agent in zip(configured, agents, strict=True)
    ]


def first() -> Application:
    """The application that is meant where none is named."""
    return every()[0]


def by_agent(key: str) -> Application | None:
    """The application of that agent id (or key)."""
    return next((app for app in every() if app.key == key), None)


def _default_url() -> str:
    """SANDBOX_CALLBACK_URL, else the site's own endpoint. An empty setting: the application has no callback URL."""
    url = getattr(settings, "SANDBOX_CALLBACK_URL", None)
    return str(url) if url is not None else f"{getattr(settings, 'SITE_URL', 'http://127.0.0.1:8000')}/wecom/callback/"
