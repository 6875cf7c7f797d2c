"""The site as a Django app: what it brings are its system checks, and how it waits for SQLite."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class SiteConfig(AppConfig):
    name = "wecomsite"

    def ready(self) -> None:
        from . import checks, patience  # noqa: F401  registers them

        connection_created.connect(patience.look_often, dispatch_uid="wecomsite.patience")
