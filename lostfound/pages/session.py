"""Door: which member a browser belongs to.

A member is no Django user: the session holds a UserID, and nothing else of Django's logins is touched. So nobody who is
called `admin` in the address book becomes an administrator here, no passwords lie about unused, and a browser may hold
an administrator's login beside a member's.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from lostfound import conf
from wecom import members
from wecom.members import Member

KEY = "member"  # in the session: a UserID
OWN_DOORS = ("admin",)  # these ask for a Django user themselves


class MemberRequest(HttpRequest):
    """A request of a member, as `MembersOnly` lets it through."""

    member: Member


class MembersOnly:
    """Middleware: every page is for members, but those marked with login_not_required and those with own doors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        if not getattr(view, "login_required", True) or (match and match.app_name in OWN_DOORS):
            return None
        member = member_of(request)
        if member is None:
            return _send_away(request)
        request.member = member  # type: ignore[attr-defined]
        return None


def member_of(request: HttpRequest) -> Member | None:
    """The member whom this browser belongs to, as long as the app serves them."""
    userid = request.session.get(KEY)
    return members.known(userid) if isinstance(userid, str) else None


def start(request: HttpRequest, member: Member) -> None:
    """The browser is this member's from now on, under a session key that nobody has seen before.

    Forms that are open stay good, so that one goes back and sends what was typed before the login had ended; those of
    another member do not.
    """
    if request.session.get(KEY, member.userid) != member.userid:
        request.session.flush()
        rotate_token(request)
    request.session.cycle_key()
    request.session[KEY] = member.userid


def own_path(path: str) -> str:
    """The path if it is one of ours, else the start page."""
    ours = path.startswith("/") and path.isprintable() and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if ours and not path.startswith((reverse("login"), reverse("logout"))) else "/"


def _send_away(request: HttpRequest) -> HttpResponse:
    """To the login and back to where one was going; what was typed into an old form cannot be carried along."""
    if request.method not in ("GET", "HEAD"):
        page = request.headers.get("Referer", "").removeprefix(conf.site_address(request, "/")[:-1])
        return render(request, "lostfound/login/ended.html", {"next": own_path(page)}, status=403)
    way = f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": way})
    return HttpResponseRedirect(way)


everybody = login_not_required
