"""Door: JSON bodies, judged by their bytes before anything reads a field of them."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

LIMIT = 64 * 1024


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is larger than 64 KiB.")
    default_code = "too_large"


class StrictJSON(BaseParser):
    """One JSON value in UTF-8 of at most 64 KiB.

    Refused with 400: a name twice in one object, NaN and Infinity, nesting that no client needs, and lone
    surrogates, which no database can keep. With 413: a larger body, however its length was declared.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            value = json.loads(_read(stream).decode(), parse_constant=_refuse, object_pairs_hook=_each_name_once)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as exc:
            raise ParseError(_("The body is not one JSON value in UTF-8.")) from exc
        return value


def _read(stream: IO[Any]) -> bytes:
    try:
        body: bytes = stream.read(LIMIT + 1)
    except OSError as exc:
        raise ParseError(_("The body ended too early.")) from exc
    if len(body) > LIMIT:
        raise TooLarge
    return body


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value
