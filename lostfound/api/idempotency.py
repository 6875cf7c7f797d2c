"""Door: a call with an `Idempotency-Key` takes effect once, however often it is sent.

The key's row is written in the transaction of the effect itself, so neither is there without the other; a second call
at the same time waits for the first one and reads its answer. A refused call leaves no row: it may be sent again.
Source: draft-ietf-httpapi-idempotency-key-header-07; its 422 for another body is a 409 here, as for all conflicts.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from lostfound.models import IdempotencyKey

from .problems import Conflict

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

parameter = OpenApiParameter(
    HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="A UUID of the caller's. The same call sent again within 24 hours is answered as the first one was.",
)

Method = Callable[..., Response]


def once(method: Method) -> Method:
    """The method of a view set, answered from its first answer where the caller's key is known.

    Raises ValidationError for a key that is no UUID, Conflict where the key belongs to another call.
    """

    @wraps(method)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        said = request.headers.get(HEADER)
        if said is None:
            return method(view, request, *args, **kwargs)
        key, call, user = _key(said), _fingerprint(request), cast(User, request.user)
        mine = IdempotencyKey.objects.filter(user=user)
        try:
            with transaction.atomic():
                mine.filter(created_at__lt=timezone.now() - IdempotencyKey.KEPT).delete()
                row = IdempotencyKey.objects.create(user=user, key=key, call=call)
                answer = method(view, request, *args, **kwargs)
                row.status, row.body = answer.status_code, json.dumps(answer.data, cls=JSONEncoder)
                row.save(update_fields=["status", "body"])
                return answer
        except IntegrityError:
            first = mine.filter(key=key).first()
            if first is None:
                raise
        return _replayed(first, call)

    return answered


def _key(said: str) -> UUID:
    try:
        return UUID(said.strip().strip('"'))  # the draft puts it in quotes, most clients do not
    except ValueError as exc:
        raise ValidationError({HEADER: [_("Send a UUID.")]}) from exc


def _fingerprint(request: Request) -> str:
    """What makes two calls the same: address and body, not the spelling of its JSON."""
    said = json.dumps([request.method, request.path, request.data], sort_keys=True, cls=JSONEncoder)
    return hashlib.sha256(said.encode()).hexdigest()


def _replayed(first: IdempotencyKey, call: str) -> Response:
    if first.call != call:
        raise Conflict(_("This Idempotency-Key was used for another call."), "key_reused")
    return Response(json.loads(first.body), status=first.status, headers={REPLAYED: "true"})
