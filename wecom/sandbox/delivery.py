"""Decisions: bringing callbacks to the application, over real HTTP, in threads of their own.

Up to three tries until the answer is HTTP 200, five seconds each, a short pause between. The plaintext is the same each
time; nonce, random prefix and ciphertext are new. The thread holds no database connection while it waits for an answer.
Source: https://developer.work.weixin.qq.com/document/path/90930
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode

from django.db import DatabaseError, connection, transaction

from . import applications, carrying, clock, crypto, faults, replies, wirelog, xml
from .applications import Application
from .carrying import Carrier, Heard
from .crypto import BadReply
from .errcodes import Refusal
from .faults import Plan
from .models import Delivery, Try

TRIES = 3
PATIENCE = 5.0
CHECK_PATIENCE = 1.0
AT_ONCE = 32

logger = logging.getLogger(__name__)
sleep = time.sleep
_slots = threading.BoundedSemaphore(AT_ONCE)
_running: set[threading.Thread] = set()
_in_place_of_http: Carrier | None = None
_self: list[str] = []


@contextmanager
def carried_by(carrier: Carrier) -> Iterator[None]:
    """Inside the block nothing goes over HTTP: `carrier` brings every callback, in the thread that caused it, at once.

    What waits elsewhere (faults, pauses between tries) does not wait here, and copies follow one another.
    """
    global _in_place_of_http
    before, _in_place_of_http = _in_place_of_http, carrier
    try:
        yield
    finally:
        _in_place_of_http = before


def start(delivery: Delivery) -> None:
    """Deliver as soon as the present transaction is committed, and return at once; call it outside `clock.change()`."""
    if _in_place_of_http:
        run(delivery)
    else:
        transaction.on_commit(lambda: _spawn(_run_alone, delivery.pk))


def me() -> str:
    """This process, told from a later one that has the same number."""
    pid = os.getpid()
    if not _self or not _self[0].startswith(f"{pid}-"):
        _self[:] = [f"{pid}-{secrets.token_hex(8)}"]
    return _self[0]


def resume() -> int:
    """Bring what processes left on its way when they died; how many. Any process of this machine may call it.

    A tap is a row before it is a thread, so none is lost; one whose answer was under way comes twice, as in life.
    """
    taken = [delivery for delivery in Delivery.objects.filter(finished=False).order_by("id") if _inherit(delivery)]
    for delivery in taken:
        start(delivery)
    return len(taken)


def _inherit(delivery: Delivery) -> bool:
    """Whether this process is the one that goes on with it."""
    left = Delivery.objects.filter(pk=delivery.pk, owner=delivery.owner, finished=False)
    if _lives(delivery.owner):
        return False
    if delivery.tries.filter(status=200).exists():
        left.update(finished=True)
        return False
    return left.update(owner=me()) == 1


def _lives(owner: str) -> bool:
    pid = owner.partition("-")[0]
    if owner == me() or not pid.isdecimal():
        return owner == me()
    if int(pid) in (0, os.getpid()):
        return False  # nobody, or an earlier process that had our number
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, OverflowError):
        return False
    return True


def join(timeout: float = 30.0) -> bool:
    """Wait until no delivery of this process is under way; whether that came true."""
    ends = time.monotonic() + timeout
    for thread in list(_running):
        thread.join(max(0.0, ends - time.monotonic()))
    return not any(thread.is_alive() for thread in list(_running))


def wait_for(delivery: Delivery, timeout: float = 60.0) -> bool:
    """Wait until this delivery has ended, in whatever process it runs; whether it has."""
    ends = time.monotonic() + timeout
    while time.monotonic() < ends:
        if Delivery.objects.filter(pk=delivery.pk, finished=True).exists():
            return True
        time.sleep(0.02)
    return False


def run(delivery: Delivery) -> None:
    """Deliver now, in this thread (copies in further ones), with the faults that wait for it."""
    plan = faults.for_delivery(delivery.event)
    if plan:
        Delivery.objects.filter(pk=delivery.pk).update(faults=str(plan)[:200])
    _wait(plan.seconds("delay"))
    copies = range(1, max(1, plan.number("copies")) + 1)
    if _in_place_of_http:
        for copy in copies:
            _attempt(delivery, copy, plan)
    else:
        others = [_spawn(_attempt, delivery, copy, plan) for copy in copies[1:]]
        _attempt(delivery, 1, plan)
        for thread in others:
            thread.join()
    with clock.change(chats=False):
        Delivery.objects.filter(pk=delivery.pk).update(finished=True)


def check_url(app: Application) -> Try:
    """What the console's 保存 does: GET the URL and expect the plaintext of echostr, within a second.

    The try's `error` is empty where the answer was right.
    """
    plain = str(secrets.randbelow(10**18) + 10**18)
    query = _signed(app, plain.encode(), "echostr")
    with clock.change(chats=False) as world:
        delivery = Delivery.objects.create(
            at=clock.now(world),
            agent_id=app.key,
            userid="",
            event="url_check",
            url=app.callback_url,
            plaintext=plain,
            finished=True,
        )
    heard = _carry("GET", app.callback_url, query, b"", CHECK_PATIENCE)
    error = heard.error
    if not error and (heard.status != 200 or heard.body != plain.encode()):
        error = "not the bare plaintext with HTTP 200"
    return _keep(delivery, 1, 1, query, "", heard, error=error)


def _run_alone(pk: int) -> None:
    delivery = Delivery.objects.filter(pk=pk).first()
    if delivery:
        run(delivery)


def _spawn(work: object, *args: object) -> threading.Thread:
    thread = threading.Thread(target=_guarded, args=(work, *args), daemon=True, name="sandbox-delivery")
    _running.add(thread)
    thread.start()
    return thread


def _guarded(work: object, *args: object) -> None:
    try:
        work(*args)  # type: ignore[operator]
    except DatabaseError as exc:  # a reset, or a database that is going away, ends a delivery
        logger.warning("sandbox delivery given up: %s", type(exc).__name__)
    finally:
        connection.close()
        _running.discard(threading.current_thread())


def _attempt(delivery: Delivery, copy: int, plan: Plan) -> None:
    """One copy's tries, until HTTP 200."""
    app = applications.by_agent(delivery.agent_id)
    if app is None:
        return
    pause = clock.load().retry_pause_ms / 1000
    for number in range(1, TRIES + 1):
        if number > 1:
            _wait(pause)
        if _try_once(app, delivery, copy, number, plan):
            return


def _try_once(app: Application, delivery: Delivery, copy: int, number: int, plan: Plan) -> bool:
    query = _signed(app, delivery.plaintext.encode(), "", age=plan.number("stale"))
    sealed = query.pop("sealed")
    envelope = xml.write({"ToUserName": app.corp_id, "AgentID": app.agent_id, "Encrypt": sealed})
    _let_go_of_database()
    with _slots:
        heard = _carry("POST", delivery.url, query, envelope.encode(), PATIENCE)
    if heard.status != 200:
        _keep(delivery, copy, number, query, envelope, heard, error=heard.error)
        return False
    _honour(app, delivery, _keep(delivery, copy, number, query, envelope, heard), heard.body, plan)
    return True


def _honour(app: Application, delivery: Delivery, kept: Try, body: bytes, plan: Plan) -> None:
    """Open the passive reply, if there is one, and let it take effect (late, if a fault wants so)."""
    try:
        opened = replies.open_reply(app, body)
        if opened:
            Try.objects.filter(pk=kept.pk).update(reply=opened)
            _wait(plan.seconds("late_reply"))
            replies.apply(delivery, opened)
    except (BadReply, Refusal) as exc:
        with clock.change(chats=False):
            Try.objects.filter(pk=kept.pk).update(error=f"passive reply ignored: {exc}")


def _signed(app: Application, plain: bytes, echo: str, age: int = 0) -> dict[str, str]:
    """The query of one delivery; the ciphertext under `sealed`, or under the name `echo`."""
    sealed = crypto.seal(plain, key=crypto.key_of(app.encoding_aes_key), receive_id=app.corp_id)
    timestamp, nonce = str(int(time.time()) - age), secrets.token_hex(8)
    signature = crypto.sign(app.callback_token, timestamp, nonce, sealed)
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, echo or "sealed": sealed}


def _keep(
    delivery: Delivery, copy: int, number: int, query: Mapping[str, str], envelope: str, heard: Heard, error: str = ""
) -> Try:
    with clock.change(chats=False):
        wirelog.prune_deliveries(delivery)
        return Try.objects.create(
            delivery=delivery,
            copy=copy,
            number=number,
            query=urlencode(query),
            envelope=envelope,
            status=heard.status,
            answer=wirelog.as_text(heard.body),
            error=error,
            ms=heard.ms,
        )


def _carry(method: str, url: str, query: Mapping[str, str], body: bytes, patience: float) -> Heard:
    return (_in_place_of_http or carrying.over_http)(method, url, query, body, patience)


def _wait(seconds: float) -> None:
    if not _in_place_of_http:
        sleep(seconds)


def _let_go_of_database() -> None:
    """A waiting thread must not keep one of the pool's connections; a request's own thread keeps its own."""
    if threading.current_thread() in _running:
        connection.close()
