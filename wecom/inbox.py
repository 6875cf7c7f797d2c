"""Decisions: what comes in. Kept first and answered, handled later.

    receive   verify · open · keep (one INSERT) · answer           in WeCom's request, within its 5 seconds
    process   hand the event to its handler, in one transaction     in a worker, as often as needed

A callback answered 200 is a row. The same message under a new nonce is the same row, one repeat more.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from . import conf, crash, crypto, dispatch, events, jobs, replies, sent_cards, wake, xml
from .errors import BadSignature, CallbackRejected, ConfigError, EnvelopeMalformed, PayloadMalformed, Stale
from .models import Callback

logger = logging.getLogger(__name__)
alerts = logging.getLogger("wecom.alerts")

State = Callback.State
ORDER = ("pk",)
POISON_AFTER = 8  # failures of a handler in a row
MAX_NONCE = 64


@dataclass(frozen=True, slots=True)
class Signed:
    """The query parameters that come with every request of WeCom."""

    signature: str
    timestamp: str
    nonce: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Signed":
        """Raises EnvelopeMalformed where one is missing or has a shape that WeCom never sends."""
        try:
            signed = cls(query["msg_signature"], query["timestamp"], query["nonce"])
        except KeyError as exc:
            raise EnvelopeMalformed(f"no {exc.args[0]}") from None
        if not (signed.timestamp.isascii() and signed.timestamp.isdigit() and len(signed.timestamp) <= 12):
            raise EnvelopeMalformed("timestamp is no number of seconds")
        if not (0 < len(signed.nonce) <= MAX_NONCE and signed.nonce.isascii() and signed.nonce.isprintable()):
            raise EnvelopeMalformed("nonce is no short text")
        return signed

    @property
    def is_stale(self) -> bool:
        """Older or newer than a living request can be; a replay would look so."""
        return abs(timezone.now().timestamp() - int(self.timestamp)) > conf.freshness().total_seconds()

    def open(self, ciphertext: str, app: conf.App) -> tuple[bytes, conf.CallbackKeys]:
        """The message inside, and the pair of keys that it came with; raises CallbackRejected.

        Every signature is compared before any is believed, and nothing is decrypted under a pair whose does not
        fit. Two pairs fit where a rotation kept the token; then the one that opens the message is meant.
        """
        fitting = [keys for keys in app.callback_keys if self._fits(ciphertext, keys)]
        refusal: CallbackRejected = BadSignature("msg_signature fits none of the app's tokens")
        for keys in fitting:
            key = crypto.aes_key(keys.encoding_aes_key)
            try:
                return crypto.decrypt(ciphertext, key=key, receive_id=app.corp_id), keys
            except CallbackRejected as exc:
                refusal = exc
        raise refusal

    def _fits(self, ciphertext: str, keys: conf.CallbackKeys) -> bool:
        try:
            crypto.verify(
                self.signature,
                token=keys.token,
                timestamp=self.timestamp,
                nonce=self.nonce,
                ciphertext=ciphertext,
            )
        except BadSignature:
            return False
        return keys.token != ""  # over an empty token anybody can sign


def check(alias: str, *, query: Mapping[str, str]) -> bytes:
    """Answer the console's check of the URL: the opened echostr, bare. Touches no database.

    Raises EnvelopeMalformed (400), CallbackRejected (403), ConfigError (unknown app).
    Source: https://developer.work.weixin.qq.com/document/path/90930
    """
    app = conf.app(alias)
    signed = Signed.of(query)
    if "echostr" not in query:
        raise EnvelopeMalformed("no echostr")
    echostr = query["echostr"].replace(" ", "+")  # a proxy that decodes once too often turns + into a space
    plain, _ = signed.open(echostr, app)
    if signed.is_stale:
        raise Stale("the check of the URL is not of now")
    return plain


def receive(alias: str, *, query: Mapping[str, str], body: bytes, arrived: float) -> bytes:
    """Keep one callback and return the body of the answer: empty, or a sealed passive reply.

    arrived  time.monotonic() when the request came in
    Raises EnvelopeMalformed (400), CallbackRejected (403), ConfigError (unknown app) and django.db.Error (503);
    nothing is kept then.
    """
    app = conf.app(alias)
    signed = Signed.of(query)
    envelope = xml.parse_envelope(body)
    plain, keys = signed.open(envelope.encrypt, app)
    crash.point("cb.verified")
    if keys in app.previous_callback_keys:
        logger.info("callback under previous keys: app=%s", alias)
    row, event = _as_row(app, plain, stale=signed.is_stale)
    reply = _instant_reply(event) if event and row.state == State.WAITING else None
    row.instant_reply = reply is not None
    row.answer_ms = round((time.monotonic() - arrived) * 1000)
    is_new = _keep(row)
    crash.point("cb.committed_not_answered")
    if is_new and reply and event:
        return _seal(reply, event, app, keys)
    return b""


def process(row: Callback) -> None:
    """Handle one claimed callback. Its handler's writes and the row's end are one transaction."""
    try:
        event = events.parse(_bytes(row), app=row.app)
        agent_id = str(conf.app(row.app).agent_id)
    except PayloadMalformed as exc:
        jobs.let_go(row, state=State.POISON, error=str(exc), finished_at=timezone.now())
        return
    except ConfigError as exc:
        _failed(row, exc)  # the app has gone from the settings; it may come back
        return
    handler = dispatch.handler_for(event)
    if handler is None or event.agent_id != agent_id:
        why = "no handler" if handler is None else "meant for another app"
        jobs.let_go(row, state=State.IGNORED, error=why, finished_at=timezone.now())
        return
    try:
        _keep_tap(row, event)
        with transaction.atomic(durable=True):
            verdict = handler(_received(row, event))
            state, why = (State.IGNORED, verdict.why) if verdict else (State.DONE, "")
            if not jobs.let_go(row, state=state, error=why, finished_at=timezone.now(), attempts=row.attempts + 1):
                raise _Lost
    except _Lost:
        logger.warning("lost the lease: callback=%s", row.pk)
    except DatabaseError:
        raise
    except Exception as exc:  # noqa: BLE001  whatever a handler may raise
        _failed(row, exc)


def _keep_tap(row: Callback, event: events.Event) -> None:
    """The code of a tap goes into the wallet first, for good: whatever its handler does, the card can be updated."""
    received = _received(row, event)
    if isinstance(event, events.CardTap) and (card := sent_cards.by_task_id(event.task_id, app=row.app)):
        sent_cards.keep_tap(
            card,
            event=event,
            received_at=row.received_at,
            quiet_until=received.quiet_until,
            cause=f"callback {row.pk}",
        )


def replay(callback_id: int) -> bool:
    """Let a callback be handled again, or a quarantined one at last; False where it is being handled right now."""
    settled = Callback.objects.filter(pk=callback_id).exclude(state__in=Callback.OPEN)
    moved = settled.update(state=State.WAITING, due_at=timezone.now(), failures=0, error="", finished_at=None)
    if moved:
        wake.up()
    return bool(moved)


def drain(limit: int = 1000) -> int:
    """Handle what is due in this thread until nothing is, at most `limit` callbacks; how many were handled."""
    return jobs.drain(Callback, order=ORDER, work=process, limit=limit)


class _Lost(Exception):
    """The lease ran out; what the handler wrote is rolled back."""


def _as_row(app: conf.App, plain: bytes, *, stale: bool) -> tuple[Callback, events.Event | None]:
    """The row for one decrypted message, in the state that it enters our books with."""
    row = Callback(
        app=app.alias,
        plaintext=plain.decode("utf-8", "surrogateescape"),
        digest=hashlib.sha256(app.alias.encode() + b"\0" + plain).hexdigest(),
    )
    try:
        event = events.parse(plain, app=app.alias)
    except PayloadMalformed as exc:
        alerts.error("poison callback: app=%s digest=%s", app.alias, row.digest[:12])
        row.state, row.error, row.finished_at = State.POISON, str(exc), timezone.now()
        return row, None
    row.event = event.name[:64]
    row.userid = event.userid[:64]
    row.task_id = getattr(event, "task_id", "")[:128]
    row.event_key = getattr(event, "event_key", "")[:128]
    if stale:
        alerts.error("stale callback in quarantine: app=%s digest=%s", app.alias, row.digest[:12])
        row.state, row.error, row.finished_at = State.QUARANTINED, "its timestamp is not of now", timezone.now()
    elif dispatch.handler_for(event) is None:
        row.state, row.error, row.finished_at = State.IGNORED, "no handler", timezone.now()
    elif event.agent_id != str(app.agent_id):
        row.state, row.error, row.finished_at = State.IGNORED, "meant for another app", timezone.now()
    return row, event


def _keep(row: Callback) -> bool:
    """Write the row in one statement, durable when it returns. False: we had it already, and counted the repeat."""
    fields = [f for f in Callback._meta.concrete_fields if not f.primary_key]
    table, digest = Callback._meta.db_table, "digest"
    columns = ", ".join(f'"{f.column}"' for f in fields)
    values = [f.get_db_prep_save(f.pre_save(row, add=True), connection) for f in fields]
    statement = (
        f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join(["%s"] * len(fields))}) '  # noqa: S608  our own names
        f'ON CONFLICT ("{digest}") DO UPDATE SET repeats = "{table}".repeats + 1 RETURNING id, repeats'
    )
    if connection.vendor == "postgresql":
        statement = f"WITH kept AS ({statement}) SELECT id, repeats, pg_notify('{wake.CHANNEL}', '') FROM kept"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        crash.point("cb.inserted_not_committed")
        row.pk, row.repeats = cursor.fetchone()[:2]
    return row.repeats == 0


def _instant_reply(event: events.Event) -> replies.UpdateButton | None:
    """What the answer may already show. A failure here must not cost the callback."""
    feedback = dispatch.feedback_for(event) if conf.instant_feedback() else None
    if feedback is None:
        return None
    try:
        reply = feedback(event)
        return None if reply is None or _tapped_before(event) else reply
    except DatabaseError:
        raise
    except Exception:
        logger.exception("no instant feedback: app=%s event=%s", event.app, event.name)
        return None


def _tapped_before(event: events.Event) -> bool:
    """A second tap gets no passive reply: it could cover the final text that the first one has led to."""
    task_id = getattr(event, "task_id", "")
    return Callback.objects.filter(app=event.app, task_id=task_id, userid=event.userid).exists()


def _seal(reply: replies.UpdateButton, event: events.Event, app: conf.App, keys: conf.CallbackKeys) -> bytes:
    """Under the pair that the request came with: WeCom opens the answer with the keys it has just used."""
    now = timezone.now()
    return replies.seal_reply(
        reply.to_xml(to_user=event.userid, from_user=app.corp_id, created_at=now),
        token=keys.token,
        key=crypto.aes_key(keys.encoding_aes_key),
        receive_id=app.corp_id,
        timestamp=str(int(now.timestamp())),
        nonce=hashlib.sha256(str(now.timestamp()).encode()).hexdigest()[:16],
    )


def _received(row: Callback, event: events.Event) -> dispatch.Received:
    return dispatch.Received(
        callback_id=row.pk,
        app=row.app,
        event=event,
        received_at=row.received_at,
        quiet_until=row.received_at + conf.update_after_reply() if row.instant_reply else None,
    )


def _failed(row: Callback, exc: Exception) -> None:
    failures = row.failures + 1
    logger.error("handler failed: callback=%s event=%s failures=%s", row.pk, row.event, failures, exc_info=exc)
    state, due_at = State.WAITING, timezone.now() + jobs.backoff(failures)
    if failures >= POISON_AFTER:
        alerts.error("poison callback: callback=%s event=%s", row.pk, row.event)
        state = State.POISON
    jobs.let_go(
        row,
        state=state,
        due_at=due_at,
        failures=failures,
        attempts=row.attempts + 1,
        error=f"{type(exc).__name__}: {exc}"[:500],
        finished_at=timezone.now() if state == State.POISON else None,
    )


def _bytes(row: Callback) -> bytes:
    return row.plaintext.encode("utf-8", "surrogateescape")
