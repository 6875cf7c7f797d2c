"""The site: settings under which neither a server nor a command starts. None of the messages shows a value."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 32


@register(Tags.security)
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    """Sessions are signed and personal data is sealed with it: an empty or guessable one is worse than none."""
    try:
        key = str(settings.SECRET_KEY)
    except ImproperlyConfigured:
        key = ""
    if len(key) >= SHORTEST_KEY and not key.startswith("django-insecure-"):
        return []
    hint = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    return [Error(f"DJANGO_SECRET_KEY is shorter than {SHORTEST_KEY} characters.", hint=hint, id="site.E001")]


@register(Tags.security)
def check_debug(**kwargs: Any) -> list[CheckMessage]:
    if not settings.DEBUG or settings.WECOM_SANDBOX:
        return []
    return [
        Error(
            "DJANGO_DEBUG is on for a real corporation: error pages would show members' data.",
            hint="Set DJANGO_DEBUG=off and DJANGO_ALLOWED_HOSTS to your host, or leave WECOM_CORP_ID empty to play.",
            id="site.E002",
        )
    ]


@register(Tags.security)
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "Name the hosts under which the site is reached."
    return [Error("DJANGO_ALLOWED_HOSTS lets everything in while debug is off.", hint=hint, id="site.E003")]
