"""Plumbing: the clients by alias, as `django.core.cache.caches` is for caches."""

import threading

from . import conf
from .client import Client

__all__ = ["get"]

_local = threading.local()


def get(alias: str = conf.DEFAULT) -> Client:
    """The client of one app; made afresh when its settings have changed. Raises ConfigError for an unknown alias."""
    app = conf.app(alias)
    made: dict[str, Client] = _local.__dict__.setdefault("clients", {})
    client = made.get(alias)
    if client is None or client.app != app:
        client = made[alias] = Client(app)
    return client
