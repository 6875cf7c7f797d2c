"""Plumbing: one API call as it came, and the two shapes its body may have."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from .errcodes import Refusal

_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call."""

    method: str
    path: str
    query: Mapping[str, str]
    raw: bytes
    content_type: str = ""

    @property
    def is_form(self) -> bool:
        return self.content_type.startswith("multipart/form-data")


@dataclass(frozen=True, slots=True)
class File:
    """What media/get answers with instead of JSON."""

    content: bytes
    headers: Mapping[str, str]


def json_body(request: Request) -> dict[str, Any]:
    """The JSON object of a POST, in plain UTF-8."""
    if request.method != "POST":
        raise Refusal(40058, "POST")
    if _ESCAPE.search(request.raw):
        raise Refusal(40033)
    try:
        body = json.loads(request.raw.decode())
    except ValueError:
        raise Refusal(40058, "the body is not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise Refusal(40058, "the body is no JSON object")
    return body


def form_file(request: Request, name: str) -> tuple[str, bytes]:
    """Name and bytes of the file in a form's field; 44001 where there is none."""
    if request.method != "POST":
        raise Refusal(40058, "POST")
    if not request.is_form:
        raise Refusal(44001, "multipart/form-data")
    head = {"CONTENT_TYPE": request.content_type, "CONTENT_LENGTH": str(len(request.raw))}
    try:
        _fields, files = MultiPartParser(head, io.BytesIO(request.raw), [TemporaryFileUploadHandler()]).parse()
    except (MultiPartParserError, ValueError):
        raise Refusal(44001, "the form cannot be read") from None
    file = files.get(name)
    if file is None:
        raise Refusal(44001, f"a file in the field {name!r}")
    with file:
        return str(file.name), file.read()
