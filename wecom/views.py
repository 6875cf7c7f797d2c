"""Door: the address that WeCom calls. Statuses are chosen so that WeCom sends again only what we could not keep."""

import logging
import time

from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from . import conf, inbox
from .errors import CallbackRejected, ConfigError, EnvelopeMalformed
from .masking import sort_of

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024
METHODS = ("GET", "POST")
LINES, SECONDS = 5, 10.0  # of one kind of refusal in the log: anybody can cause as many as they like


class _Refusals:
    """Counts refusals of each kind, so that a flood of them leaves a few lines and not a full disk."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        self.count: dict[str, int] = {}

    def log(self, level: int, line: str) -> None:
        """Log the first LINES of this kind in SECONDS; the first of the next ones says how many were left out."""
        now, left_out = time.monotonic(), 0
        if now - self.since.get(line, -SECONDS) >= SECONDS:
            left_out = max(0, self.count.get(line, 0) - LINES)
            self.since[line], self.count[line] = now, 0
        self.count[line] = self.count.get(line, 0) + 1
        if self.count[line] <= LINES:
            logger.log(level, "%s%s", line, f" and {left_out} more before" if left_out else "")


_refusals = _Refusals()


@csrf_exempt
@login_not_required
@never_cache
@transaction.non_atomic_requests  # what is kept is kept for good, whatever ATOMIC_REQUESTS says
def callback(request: HttpRequest, alias: str = conf.DEFAULT) -> HttpResponse:
    """200 kept or known · 400 no callback by its shape · 403 a check with a secret failed · 413 · 503 send it again."""
    arrived = time.monotonic()
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if alias not in conf.aliases():
        raise Http404
    try:
        if request.method == "GET":
            return HttpResponse(inbox.check(alias, query=request.GET.dict()), content_type="text/plain; charset=utf-8")
        if _length(request) > MAX_BODY:
            return HttpResponse(status=413)
        answer = inbox.receive(alias, query=request.GET.dict(), body=request.read(MAX_BODY + 1), arrived=arrived)
        return HttpResponse(answer, content_type="application/xml; charset=utf-8" if answer else "text/plain")
    except EnvelopeMalformed as exc:
        _refusals.log(logging.INFO, f"not a callback: app={alias} why={exc}")
        return HttpResponse(status=400)
    except CallbackRejected as exc:
        _refusals.log(logging.WARNING, f"callback rejected: app={alias} why={type(exc).__name__}")
        return HttpResponse("forbidden", status=403, content_type="text/plain")
    except ConfigError as exc:
        logger.error("callback cannot be read: app=%s why=%s", alias, exc)
    except DatabaseFailure as exc:
        logger.error("callback could not be kept: app=%s why=%s", alias, sort_of(exc))
    return HttpResponse(status=503, headers={"Retry-After": "5"})


def _length(request: HttpRequest) -> int:
    """The declared length; none or nonsense counts as 0, and then nothing is read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isascii() and declared.isdigit() else 0
