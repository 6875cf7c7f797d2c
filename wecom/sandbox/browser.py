"""Plumbing: the browser inside a phone, in which a member opens the pages of the site that the sandbox stands in.

Every phone has cookies of its own, kept in the session of whoever looks on. The site is called in this very process
under a script name below the phone, so that each address it makes leads back into the phone. Who opens a page inside
the real client is logged in without being asked; here as well.
"""

import io
from functools import cache
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import translation

from . import login

CLIENT = "wxwork/4.1.36 MicroMessenger/7.0.1"
COOKIES = "sandbox_phones"  # in the session: userid → {name: value}
NOT_INSIDE = ("sandbox/", "admin/")
POLICY = "Content-Security-Policy"


def visit(request: HttpRequest, userid: str, path: str) -> HttpResponseBase:
    """What the site answers to this request, made on the phone of this member."""
    jars: dict[str, dict[str, str]] = request.session.get(COOKIES) or {}
    jar = dict(jars.get(userid, {}))
    prefix = reverse("sandbox:browser", args=[userid, ""])
    logins = (reverse("sandbox:authorize"), reverse("sandbox:qr_login"))
    answer = _ask_site(_as_on_phone(request, prefix, path, jar))
    if _keep(jar, answer.cookies):
        request.session[COOKIES] = {**jars, userid: jar}
    answer.cookies.clear()
    if "Location" in answer:
        answer["Location"] = _past_login(request, answer["Location"], logins, userid)
    answer["X-Frame-Options"] = "SAMEORIGIN"
    if POLICY in answer:
        answer[POLICY] = answer[POLICY].replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return answer


def _as_on_phone(request: HttpRequest, prefix: str, path: str, jar: dict[str, str]) -> dict[str, Any]:
    body = request.body
    return {
        **request.environ,  # type: ignore[attr-defined]
        "SCRIPT_NAME": prefix.rstrip("/"),
        "PATH_INFO": f"/{path}".encode().decode("latin-1"),
        "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in jar.items()),
        "HTTP_USER_AGENT": f"{request.headers.get('User-Agent', '')} {CLIENT}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }


def _ask_site(environ: dict[str, Any]) -> HttpResponseBase:
    """The site's answer; language and script name of the request at hand are as before."""
    handler, before, language = _handler(), get_script_prefix(), translation.get_language()
    set_script_prefix(f"{environ['SCRIPT_NAME']}/")
    try:
        answer: HttpResponseBase = handler.get_response(handler.request_class(environ))
        return answer
    finally:
        set_script_prefix(before)
        if language:
            translation.activate(language)


@cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def _keep(jar: dict[str, str], cookies: "SimpleCookie") -> bool:
    """Take over what the site set and deleted; whether that was anything."""
    for name, morsel in cookies.items():
        if morsel["max-age"] == 0:
            jar.pop(name, None)
        else:
            jar[name] = morsel.value
    return bool(cookies)


def _past_login(request: HttpRequest, address: str, logins: tuple[str, ...], userid: str) -> str:
    """Where the page of the login is asked for: straight back with a code, as inside the real client."""
    target = urlsplit(urljoin(request.build_absolute_uri(), address))
    query = dict(parse_qsl(target.query))
    app = login.application(query) if target.path in logins else None
    return login.way_back(query, code=login.give_code(app, userid)) if app else address
