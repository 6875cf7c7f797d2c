"""Plumbing: text that lies encrypted in the database, and UserIDs.

A dump of the database shows no contact, no response code and no message body. The keys come from
`settings.WECOM_DATA_KEYS` (first one seals, all open: that is how a key is rotated); without that setting
they are derived from `SECRET_KEY` and `SECRET_KEY_FALLBACKS`, which rotate the same way.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from Crypto.Cipher import AES
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

__all__ = ["CannotOpen", "EncryptedTextField", "UserIdField", "fingerprint", "is_current", "readable", "seal", "unseal"]

_PREFIX = "v1:"
_NONCE = 12
_TAG = 16


class CannotOpen(ValueError):
    """None of the configured keys opens this value: a key was lost or the value was changed."""


def seal(text: str) -> str:
    """Encrypt `text` (surrogate escapes allowed) with the first key. Shape: v1:base64(nonce | tag | ciphertext)."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = AES.new(next(_keys()), AES.MODE_GCM, nonce=nonce)
    sealed, tag = cipher.encrypt_and_digest(text.encode("utf-8", "surrogateescape"))
    return _PREFIX + base64.b64encode(nonce + tag + sealed).decode()


def unseal(value: str) -> str:
    """Open what seal() made; raises CannotOpen where no configured key fits."""
    for key in _keys():
        plain = _opened(value, key)
        if plain is not None:
            return plain.decode("utf-8", "surrogateescape")
    raise CannotOpen("no configured key opens this value")


def is_current(value: str) -> bool:
    """Whether the key that seals today opens this value; if so, the older keys are not needed for it."""
    return _opened(value, next(_keys())) is not None


def fingerprint(text: str) -> str:
    """SHA-256 in hex, to find an encrypted value again and to hold a unique constraint over it.

    Without a key, so that it survives a key rotation: use it for values that are long and random, as
    response codes are, never for what could be guessed, as a phone number can.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def _opened(value: str, key: bytes) -> bytes | None:
    if not value.startswith(_PREFIX):
        raise CannotOpen("not a sealed value")
    try:
        raw = base64.b64decode(value[len(_PREFIX) :])
        nonce, tag, sealed = raw[:_NONCE], raw[_NONCE : _NONCE + _TAG], raw[_NONCE + _TAG :]
        return bytes(AES.new(key, AES.MODE_GCM, nonce=nonce).decrypt_and_verify(sealed, tag))
    except ValueError:
        return None


def _keys() -> Iterator[bytes]:
    secrets_ = getattr(settings, "WECOM_DATA_KEYS", None) or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return (_derive(secret) for secret in secrets_)


@lru_cache(maxsize=16)
def _derive(secret: str) -> bytes:
    return hmac.new(b"wecom.fields.data", secret.encode(), hashlib.sha256).digest()


class UserIdField(models.CharField):  # type: ignore[type-arg]  # cannot be subscripted when it runs
    """A WeCom UserID, kept lower-cased: the platform compares without case and answers in lower case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 64
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        value = value.lower() if isinstance(value, str) else value
        setattr(model_instance, self.attname, value)
        return value


class _Sealed(str):
    """A value as it lies in the database."""


class _OpenedWhenRead(DeferredAttribute):
    """The attribute of an EncryptedTextField."""

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, _Sealed):
            value = instance.__dict__[self.field.attname] = unseal(value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # as above
    """Text in Python, sealed text in the database; cannot be searched or ordered by.

    It is opened where an instance's attribute is read, and not before: whoever needs something else of a row can have
    it without the data key, and can save it, the sealed text as it was. Reading raises CannotOpen where no key fits.
    """

    descriptor_class = _OpenedWhenRead

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        unread = model_instance.__dict__.get(self.attname)
        return unread if isinstance(unread, _Sealed) else super().pre_save(model_instance, add)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, _Sealed):
            return str(value)
        value = super().get_prep_value(value)
        return value if value is None or value == "" else seal(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return _Sealed(value) if value else value


def readable(row: models.Model, name: str) -> str | None:
    """The text of a row's sealed field; None where no present key opens it."""
    try:
        return str(getattr(row, name))
    except CannotOpen:
        return None


class Literal(models.Value):
    """A word of our own that stands in the SQL itself. SQLite uses a partial index only for a query whose text holds
    the index's condition; behind a parameter it sees nothing, and reads the whole table.
    """

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[()]]:
        if not isinstance(self.value, str) or not (self.value == "" or self.value.isidentifier()):
            raise ValueError("a literal is a word of our own")
        return f"'{self.value}'", ()
