"""Door: in by WeCom, out by a press.

The browser goes to WeCom with a state that its session keeps for ten minutes and that is used once; it comes back with
a code. Silent inside the client, by QR code elsewhere.
"""

import logging
import secrets
import threading
import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lostfound import conf
from wecom import clients, members, oauth
from wecom.errors import CodeRefused, NotAMember, OutOfRange, WeComError

from .session import everybody, member_of, own_path, start

logger = logging.getLogger(__name__)

PENDING = "logins"  # in the session: state → [where to go, when it began]
SECONDS = 600
AT_ONCE = 5  # tabs


class Turns:
    """Who may ask WeCom. While it hangs, those who log in must not take every thread of a web process: the other ones
    answer its callbacks.
    """

    AT_ONCE, WAITING = 2, 1
    PATIENCE, TURN = 5.0, 0.3  # seconds until one comes free: for the one who waits, and for everybody else
    ANSWERS = 1.0  # seconds since one began or ended in which WeCom is taken to answer: else no turn is worth a thread

    def __init__(self) -> None:
        self._asking, self._waiting = threading.Semaphore(self.AT_ONCE), threading.Semaphore(self.WAITING)
        self._moved = 0.0

    def take(self) -> bool:
        """Whether it is this one's turn; it is to be given back then."""
        if self._asking.acquire(blocking=False):
            self._moved = time.monotonic()
            return True
        if not self._waiting.acquire(blocking=False):
            return time.monotonic() - self._moved < self.ANSWERS and self._asking.acquire(timeout=self.TURN)
        try:
            return self._asking.acquire(timeout=self.PATIENCE)
        finally:
            self._waiting.release()

    def give_back(self) -> None:
        self._moved = time.monotonic()
        self._asking.release()


turns = Turns()


@everybody
@never_cache
@require_safe
def login(request: HttpRequest) -> HttpResponse:
    """Off to WeCom, unless this browser is a member's already."""
    wanted = own_path(request.GET.get("next", "/"))
    if member_of(request):
        return HttpResponseRedirect(wanted)
    address = oauth.address(
        clients.get().app,
        redirect_uri=conf.site_address(request, reverse("login_back")),
        state=_begin(request, wanted),
        in_client=oauth.is_client(request.headers.get("User-Agent", "")),
    )
    return HttpResponseRedirect(address)


@everybody
@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """The browser comes back from WeCom."""
    wanted = _take(request, request.GET.get("state", ""))
    if wanted is None:
        return _refused(request, "stale", 403)
    if not request.GET.get("code"):
        return _refused(request, "stopped", 400, wanted)
    if not turns.take():
        logger.error("login refused: too many wait for WeCom")
        return _refused(request, "down", 503, wanted)
    try:
        member = members.ask(oauth.userid_of(clients.get(), request.GET["code"]))
    except CodeRefused:
        return _refused(request, "stale", 403, wanted)
    except NotAMember:
        return _refused(request, "outsider", 403)
    except OutOfRange:
        return _refused(request, "range", 403)
    except WeComError as exc:
        logger.error("login failed: %s", exc)
        return _refused(request, "down", 503, wanted)
    finally:
        turns.give_back()
    start(request, member)
    return HttpResponseRedirect(wanted)


@everybody
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return HttpResponseRedirect(reverse("logged_out"))


@everybody
@never_cache
@require_safe
def logged_out(request: HttpRequest) -> HttpResponse:
    return render(request, "lostfound/login/out.html")


def _begin(request: HttpRequest, wanted: str) -> str:
    state = secrets.token_hex(16)
    pending = {**_pending(request), state: (wanted, int(time.time()))}
    request.session[PENDING] = dict(list(pending.items())[-AT_ONCE:])
    return state


def _take(request: HttpRequest, state: str) -> str | None:
    """Where the login with this state was to lead; None for one that this session did not begin, or has ended."""
    pending = _pending(request)
    found = pending.pop(state, None)
    if found is None:
        return None
    request.session[PENDING] = pending
    wanted, began = found
    return own_path(wanted) if time.time() - began < SECONDS else None


def _pending(request: HttpRequest) -> dict[str, tuple[str, int]]:
    return dict(request.session.get(PENDING) or {})


def _refused(request: HttpRequest, why: str, status: int, wanted: str = "/") -> HttpResponse:
    context = {"why": why, "next": wanted, "ask": conf.whom_to_ask()}
    return render(request, "lostfound/login/refused.html", context, status=status)
