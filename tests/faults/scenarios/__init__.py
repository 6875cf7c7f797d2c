"""The scenarios, by what they break. Importing this package fills the registry."""

from . import callbacks, campaign, databases, deaths, hanging, moments, people, tokens, upstream

__all__ = ["callbacks", "campaign", "databases", "deaths", "hanging", "moments", "people", "tokens", "upstream"]
