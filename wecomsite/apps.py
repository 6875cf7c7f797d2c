"""The site as a Django app: what it brings are its system checks."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "wecomsite"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers them
