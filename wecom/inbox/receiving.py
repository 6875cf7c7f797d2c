"""Decisions: a callback in WeCom's request: verify, open, keep, answer. One statement, and what the answer reads."""

import hashlib
import logging
import time
from collections.abc import Mapping
from functools import cache

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from wecom import alerts, conf, crash, crypto, dispatch, events, replies, sent_cards, wake, xml
from wecom.errors import EnvelopeMalformed, PayloadMalformed, Stale
from wecom.models import Callback

from .instant import Instant, instant_reply
from .processing import is_for
from .signed import Signed

logger = logging.getLogger(__name__)

State = Callback.State
# What every new row has: it stands in the statement itself, which is then shorter to send and to read.
_NEWBORN = {"lease_until": "NULL", "leased_by": "''"}
_NEWBORN |= dict.fromkeys(("fence", "attempts", "failures", "repeats"), "0")
_GIVEN_ELSEWHERE = {"id", "settled", "instant_reply", *_NEWBORN}
_FIELDS = [f for f in Callback._meta.concrete_fields if f.name not in _GIVEN_ELSEWHERE]


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
    instant = instant_reply(event) if event and row.state == State.WAITING else None
    row.answer_ms = round((time.monotonic() - arrived) * 1000)
    is_new = _keep_and_tell(row, instant)
    crash.point("cb.committed_not_answered")
    if is_new and row.state == State.WAITING:
        wake.up()
    if is_new and event and (off := row.off_by(event.created_at)):
        logger.warning("its own time is off: callback=%s by=%+.0f s", row.pk, -off.total_seconds())
    if is_new and row.instant_reply and instant and event:
        return _seal(instant.reply, event, app, keys)
    return b""


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
        row.state, row.error, row.finished_at = State.POISON, str(exc), timezone.now()
        return row, None
    row.event = event.name[:64]
    row.userid = event.userid[:64]
    row.task_id = getattr(event, "task_id", "")[:128]
    row.event_key = getattr(event, "event_key", "")[:128]
    row.msg_id = getattr(event, "msg_id", "")[:64]
    if stale:
        row.state, row.error, row.finished_at = State.QUARANTINED, "its timestamp is not of now", timezone.now()
    elif not is_for(event, app):
        row.state, row.error, row.finished_at = State.IGNORED, "meant for another app", timezone.now()
    elif dispatch.find(event) is None and not isinstance(event, events.CardTap):
        row.state, row.error, row.finished_at = State.IGNORED, "no handler", timezone.now()
    return row, event


def _keep_and_tell(row: Callback, instant: Instant | None) -> bool:
    """Keep the row; one that a person must look at is not kept without its alert. False: we had it already."""
    try:
        if row.state not in (State.POISON, State.QUARANTINED):
            return _keep(row, instant)
    except IntegrityError:
        if not row.msg_id:
            raise
        # WeCom's number of a message names one message. The first that came under it is the true one.
        row.state, row.finished_at = State.QUARANTINED, timezone.now()
        row.error = "another message came under its MsgId"
    row.msg_id = ""  # what is set aside takes no number from a message that is not
    with transaction.atomic(durable=True):
        is_new = _keep(row)
        if is_new:
            alerts.alert(str(row.state), f"callback {row.pk}", f"event={row.event} why={row.error}")
    return is_new


def _keep(row: Callback, instant: Instant | None = None) -> bool:
    """Write the row in one statement, durable when it returns. False: we had it already, and counted the repeat.

    Whether a tap is answered at once is found out by the same statement, and stands in the row.
    """
    guard = instant.only_if if instant else None
    values = [f.get_db_prep_save(f.pre_save(row, add=True), connection) for f in _FIELDS]
    values += [*guard.for_condition(), *guard.for_recipients()] if guard else [instant is not None]
    with connection.cursor() as cursor:
        cursor.execute(_statement(guarded=guard is not None), values)
        # On PostgreSQL what is alone in its transaction, such as a tap, is committed by now: true to its name there is
        # the point for what comes with an alert.
        crash.point("cb.inserted_not_committed")
        row.pk, row.repeats, row.instant_reply, recipients = cursor.fetchone()
    if row.instant_reply and guard and not guard.may_have(recipients):
        row.instant_reply = False
        Callback.objects.filter(pk=row.pk).update(instant_reply=False)
    return row.repeats == 0


@cache
def _statement(*, guarded: bool) -> str:
    table = Callback._meta.db_table
    values = {str(f.column): "%s" for f in _FIELDS} | _NEWBORN
    values["instant_reply"] = sent_cards.FirstTap.CONDITION if guarded else "%s"  # the last: its values come last
    recipients = sent_cards.FirstTap.RECIPIENTS if guarded else "NULL"
    return (
        f'INSERT INTO "{table}" ({", ".join(values)}) VALUES ({", ".join(values.values())}) '  # noqa: S608  our own names
        f'ON CONFLICT ("digest") DO UPDATE SET repeats = "{table}".repeats + 1 '
        f"RETURNING id, repeats, instant_reply, {recipients}"
    )


def _seal(reply: replies.PassiveReply, event: events.Event, app: conf.App, keys: conf.CallbackKeys) -> bytes:
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
