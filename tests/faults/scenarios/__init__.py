"""The scenarios, by what they break. Importing this package fills the registry."""

from . import callbacks, deaths

__all__ = ["callbacks", "deaths"]
