"""The site: small guards around every page. What a browser may load, how long a session lives, who has called, and
the number by which a request that went wrong is found in the log.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import urlencode

RENEWED = "renewed"  # in the session: when its life was last counted anew
RENEW_AFTER = timedelta(minutes=10)
PROXY = ("", "127.0.0.1", "::1")  # addresses that a proxy on this host calls from; "" is a Unix socket


class PagePolicy(CSPMiddleware):
    """The strict policy of CONTENT_SECURITY_POLICY; what foreign pages need besides, below their own address alone."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        for prefix, more in settings.CSP_RELAXED.items():
            if request.path_info.startswith(prefix):
                parts.update = {**(parts.update or {}), **more}
        return parts


@receiver(user_logged_in)
def start_session(request: HttpRequest, **kwargs: Any) -> None:
    """A login writes the session anyway; the request after it need not."""
    request.session[RENEWED] = timezone.now().timestamp()


def keep_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the session ends SESSION_COOKIE_AGE after its last use; written at most once in 10 minutes."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session: Any = request.session
        if session.accessed and not session.is_empty():
            now = timezone.now().timestamp()
            if now - session.get(RENEWED, 0) > RENEW_AFTER.total_seconds():
                session[RENEWED] = now
        return response

    return middleware


def hide_admin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: for a member, and for an account that is no administrator's, nothing is below /admin/ but the login.

    A member may be an administrator whose login there has ended, or is still to come: the page shows the way to it.
    """

    from lostfound.pages.session import member_of  # not above: the log's filter is read before there are any models

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith("/admin/") and path not in ("/admin/login/", "/admin/logout/"):
            user: Any = request.user
            if not user.is_staff and (user.is_authenticated or member_of(request)):
                back = request.get_full_path() if request.method in ("GET", "HEAD") else "/admin/"
                way = f"/admin/login/?{urlencode({REDIRECT_FIELD_NAME: back})}"
                return render(request, "404.html", {"admin_login": way}, status=404)
        return get_response(request)

    return middleware


def client_address(request: HttpRequest) -> str:
    """Who called. Behind a proxy of ours: the last entry of X-Forwarded-For, which that proxy itself has added."""
    remote = str(request.META.get("REMOTE_ADDR", ""))
    if remote in PROXY or remote in settings.TRUSTED_PROXIES:
        remote = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or remote
    return remote[:45]


def nameless(username: str, ip_address: str, user_agent: str, path_info: str, request: HttpRequest) -> str:
    """AXES_CLIENT_STR_CALLABLE: a failed login in the log, without the name that was typed: it may be a password."""
    return ip_address or "unknown"


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: a page that says nothing of the inside, with the number that the log line carries too."""
    return HttpResponseServerError(render_to_string("500.html", {"request_id": request_id(request)}))


def request_id(request: HttpRequest) -> str:
    """A number for this request, the same each time it is asked for."""
    known: str | None = getattr(request, "_request_id", None)
    if known is None:
        known = request._request_id = secrets.token_hex(6)  # type: ignore[attr-defined]
    return known


class WithRequestId(logging.Filter):
    """Adds the number of the request to what Django logs about requests that failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and record.levelno >= logging.ERROR:
            record.msg = f"{record.msg} request={request_id(request)}"
        return True
