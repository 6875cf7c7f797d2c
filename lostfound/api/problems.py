"""Door: what a client reads when something is wrong: `status`, `code`, `detail`, and `errors` by field where one is at
fault. Never a trace, a query or a word from inside.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from lostfound import errors

logger = logging.getLogger(__name__)


class Conflict(exceptions.APIException):
    """The request is well formed, and the state of things does not allow it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("The present state does not allow this.")
    default_code = "conflict"


class Busy(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The database does not answer. Try again in a moment.")
    default_code = "busy"
    wait = 2


_CONFLICTS: Mapping[type[errors.LostFoundError], tuple[Any, str]] = {
    errors.OwnItem: (_("This item was reported by the same member."), "own_item"),
    errors.ItemClosed: (_("Nothing can be asked about this item: it is not an open found item."), "item_closed"),
    errors.RequestClosed: (_("The request is decided already, or the contact is on its way."), "request_closed"),
    errors.NothingToDo: (_("There is nothing to do here."), "nothing_to_do"),
}


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """REST_FRAMEWORK["EXCEPTION_HANDLER"]: the answer to any error that belongs to the caller."""
    known = _translate(exc)
    response = exception_handler(known, context)
    if response is None:
        return None
    response.data = _body(known, response)
    if isinstance(known, Busy):
        response["Retry-After"] = str(known.wait)
    return response


def _translate(exc: Exception) -> Exception:
    """Errors of the lost and found, of Django and of the database, in the words of REST framework."""
    if isinstance(exc, Http404 | errors.NotFound):
        return exceptions.NotFound()
    if isinstance(exc, errors.WrongActor):
        return exceptions.PermissionDenied()
    if isinstance(exc, errors.Invalid):
        return exceptions.ValidationError({exc.field: [exc.why]})
    if isinstance(exc, errors.LostFoundError) and type(exc) in _CONFLICTS:
        return Conflict(*_CONFLICTS[type(exc)])
    if isinstance(exc, OperationalError):
        logger.warning("database does not answer: %s", type(exc).__name__)
        return Busy()
    return exc


def _body(exc: Exception, response: Response) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        invalid = str(_("The request holds something that is not valid."))
        return {"status": response.status_code, "code": "invalid", "detail": invalid, "errors": response.data}
    code = exc.get_codes() if isinstance(exc, exceptions.APIException) else "refused"
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    return {"status": response.status_code, "code": code, "detail": detail}


@csrf_exempt
def unknown_address(request: HttpRequest, **parts: str) -> JsonResponse:
    """Any address below /api/ that is none of ours."""
    body = {"status": 404, "code": "not_found", "detail": str(_("There is nothing at this address."))}
    return JsonResponse(body, status=404, json_dumps_params={"ensure_ascii": False})
