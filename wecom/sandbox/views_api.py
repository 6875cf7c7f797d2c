"""Door: the platform's API over HTTP, below /sandbox/cgi-bin/."""

import time
from collections.abc import Iterator

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from . import platform

LARGEST = 32 * 1024 * 1024


@csrf_exempt
@login_not_required
@transaction.non_atomic_requests
def call(request: HttpRequest, path: str) -> HttpResponseBase:
    """Hand the call to the platform and its answer back, errcodes and all."""
    method = request.method or "GET"
    # Read past Django's limit for bodies in memory, which knows nothing of files of 20 MB.
    sent = request.read(LARGEST)
    status, headers, body = platform.handle(
        method, path, request.GET.dict(), sent, request.headers.get("Content-Type", "")
    )
    if headers.pop(platform.DRIP, ""):
        drops = StreamingHttpResponse(_drops(body), status=status, headers=headers)
        drops["Content-Length"] = str(len(body))
        return drops
    return HttpResponse(body, status=status, headers=headers)


def _drops(body: bytes) -> Iterator[bytes]:
    for byte in body:
        yield bytes([byte])
        time.sleep(1)
