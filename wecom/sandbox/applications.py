"""Plumbing: the applications that live in the sandbox.

One by default, with the credentials of `world`. `settings.SANDBOX_APPS` (a list of such dictionaries) brings others.
"""

from dataclasses import dataclass

from django.conf import settings

from . import world


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application as the administrator has set it up in the console."""

    corp_id: str
    agent_id: str
    secret: str
    callback_token: str
    encoding_aes_key: str
    name: str
    callback_url: str


def every() -> list[Application]:
    configured = getattr(settings, "SANDBOX_APPS", None) or [world.CREDENTIALS]
    return [
        Application(
            corp_id=entry["CORP_ID"],
            agent_id=str(entry["AGENT_ID"]),
            secret=entry["SECRET"],
            callback_token=entry["CALLBACK_TOKEN"],
            encoding_aes_key=entry["ENCODING_AES_KEY"],
            name=entry.get("NAME", world.APP_NAME),
            callback_url=entry.get("CALLBACK_URL", "") or _default_url(),
        )
        for entry in configured
    ]


def first() -> Application:
    """The application whose chats the phones show."""
    return every()[0]


def by_agent(agent_id: str) -> Application | None:
    return next((app for app in every() if app.agent_id == agent_id), None)


def _default_url() -> str:
    """SANDBOX_CALLBACK_URL, else the site's own endpoint. An empty setting: the application has no callback URL."""
    url = getattr(settings, "SANDBOX_CALLBACK_URL", None)
    return str(url) if url is not None else f"{settings.SITE_URL}/wecom/callback/"
