"""Decisions: one try of one row. Write it down, call, write down what came of it."""

import hashlib
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from wecom import alerts, clients, crash, jobs, leases, limits
from wecom.client import encode
from wecom.errcodes import Outcome, Reaction, explain
from wecom.errors import ApiError, ConfigError, NotSent, TokenUnavailable, TransportError, WeComError
from wecom.fields import CannotOpen
from wecom.masking import mask, mask_text
from wecom.models import Attempt, Outgoing
from wecom.transactions import whole

from .kinds import Again, Call, Kind, Nothing, Park, Result, State, kind_of

logger = logging.getLogger(__name__)

ORDER = ("deadline", "pk")
API_REST = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(minutes=10)  # once WeCom is back, nobody waits for much longer than that
LAST_CHANCE = timedelta(minutes=1)  # so long before a repeat could be seen twice


class Lost(Exception):
    """The lease ran out and somebody else has the row: write nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one call came to. `errmsg` is masked: it goes on into rows, timelines and alerts."""

    outcome: Outcome
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
    errcode: int | None = None
    errmsg: str = ""
    error: WeComError | None = None


def deliver(row: Outgoing) -> None:
    """Make one try of a claimed row. Safe to be killed anywhere: the row is then due again, with a doubt.

    Raises django.db.Error alone, where the database is away; the lease then decides what happens next.
    """
    try:
        _deliver(row)
    except Lost:
        logger.warning("lost the lease: outgoing=%s", row.pk)


def _deliver(row: Outgoing) -> None:
    try:
        crash.point("out.claimed")
        kind = kind_of(row.kind)
        token = clients.get(row.app).token()
        crash.point("out.token_got")
        begun = _begin(row, kind)
    except limits.Held as held:
        _wait(row, until=held.until, why=held.why)
    except TokenUnavailable as exc:
        rest = exc.retry_after or API_REST
        if exc.errcode is not None:
            _close_app(row, rest, exc)
        _wait(row, until=timezone.now() + rest, why=str(exc))
    except ApiError as exc:
        _pause(row, exc)
    except (Lost, DatabaseError):
        raise
    except Exception as exc:  # noqa: BLE001  whatever a kind's prepare may raise
        _broken(row, exc)
    else:
        if begun is not None:
            crash.point("out.attempt_committed")
            call, attempt = begun
            tried = _try(row, call, token)
            crash.point("out.answer_read")
            _finish(row, kind, call, attempt, tried)
            crash.point("out.result_committed")


def drain(limit: int = 1000) -> int:
    """Deliver what is due in this thread until nothing is, at most `limit` tries; how many were made."""
    return jobs.drain(Outgoing, order=ORDER, work=deliver, limit=limit)


def _begin(row: Outgoing, kind: Kind) -> tuple[Call, Attempt] | None:
    """Write down the try that is about to be made; None where there is nothing to try and the row is closed.

    Raises Held where it has to wait; nothing is written then, and what prepare reserved is free again.
    """
    with whole():
        _count(row)
        doubt = _doubt(row, since=row.doubt_from)
        if _too_late(kind, row):
            _park_unsure(row, kind, "too late to repeat it without the risk of being seen twice")
            return None
        call = kind.prepare(row)
        if isinstance(call, Nothing):
            _close(row, State.DONE if call.done else State.CANCELLED, error=call.why)
            return None
        digest = hashlib.sha256(encode(call.body)).hexdigest()
        if doubt and kind.repeat_within and digest != doubt.body_digest:
            _park_unsure(row, kind, "a repeat would not be the same message any more")
            return None
        limits.admit(row.app, call.path, sorted(set(call.to)))
        attempt = _write_down(row, call, digest)
        crash.point("out.attempt_not_committed")
        return call, attempt


def _count(row: Outgoing) -> None:
    """Count the try that may follow: the write locks the row for the rest of the transaction, if it is still ours.

    The row itself counts it once it is written down; where it comes to none, what closes the row takes it back.
    """
    if not _ours(row).update(attempts=row.attempts + 1):
        raise Lost


def _write_down(row: Outgoing, call: Call, digest: str) -> Attempt:
    row.attempts += 1
    return Attempt.objects.create(
        outgoing=row,
        number=row.attempts,
        path=call.path,
        request=mask(dict(call.body), private=call.private),
        body_digest=digest,
        worker=row.leased_by,
    )


def _try(row: Outgoing, call: Call, token: str) -> Tried:
    """The call itself, outside any transaction. WeCom may repeat in its errmsg what was private in the body."""
    tried = _call(row, call, token)
    return replace(tried, errmsg=mask_text(tried.errmsg, private=call.private))


def _call(row: Outgoing, call: Call, token: str) -> Tried:
    """Whatever happens ends in an outcome."""
    try:
        answer = clients.get(row.app).call(call.path, call.body, token=token)
    except ApiError as exc:
        return Tried(outcome=explain(exc.errcode).outcome, errcode=exc.errcode, errmsg=exc.errmsg, error=exc)
    except NotSent as exc:
        return Tried(outcome=Outcome.NOT_SENT, errmsg=str(exc), error=exc)
    except TransportError as exc:
        return Tried(outcome=Outcome.UNKNOWN, errmsg=str(exc), error=exc)
    except Exception:
        logger.exception("a call ended in an error that nobody foresaw: outgoing=%s path=%s", row.pk, call.path)
        return Tried(outcome=Outcome.UNKNOWN, errmsg="an error that nobody foresaw; see the log")
    return Tried(outcome=Outcome.APPLIED, answer=answer, errcode=0, errmsg=str(answer.get("errmsg", "")))


def _finish(row: Outgoing, kind: Kind, call: Call, attempt: Attempt, tried: Tried) -> None:
    """Close the try and decide what becomes of the row, with what it means for the domain, in one transaction."""
    rest = _tell_limits(row, call, tried)
    try:
        with whole():
            _write(row, last_errcode=tried.errcode)
            tried = _close_attempt(attempt, call, tried)
            _decide(row, kind, call, tried, rest)
            crash.point("out.result_not_committed")
    except Lost:
        # The row's new holder is at it, and goes by what is in doubt: what was applied may now happen again.
        applied = tried.outcome is Outcome.APPLIED
        _close_attempt(attempt, call, replace(tried, outcome=Outcome.UNKNOWN) if applied else tried)
        raise
    except DatabaseError:
        raise
    except Exception as exc:
        logger.exception("the outcome could not be settled: outgoing=%s", row.pk)
        with whole():
            _close_attempt(attempt, call, tried)
            _close(row, State.PARKED, error=f"not settled: {type(exc).__name__}")


def _decide(row: Outgoing, kind: Kind, call: Call, tried: Tried, rest: datetime | None) -> None:
    in_doubt = _doubt(row, before=row.attempts) is not None
    if tried.outcome is Outcome.APPLIED:
        _end(row, kind, State.DONE, tried, in_doubt=in_doubt)
    elif tried.outcome is Outcome.REFUSED:
        proved = in_doubt and tried.errcode in call.proof
        _end(row, kind, State.INFERRED if proved else kind.when_refused, tried, in_doubt=in_doubt)
    elif rest:
        _wait(row, until=rest, why=tried.errmsg)
    elif timezone.now() >= row.deadline:
        _end(row, kind, State.PARKED, tried, in_doubt=in_doubt or tried.outcome is Outcome.UNKNOWN)
    else:
        failures = row.failures + 1
        pause = min(jobs.backoff(failures), LONGEST_PAUSE) * random.uniform(1.0, 1.2)  # noqa: S311  spreads retries
        if isinstance(tried.error, TransportError | NotSent) and tried.error.retry_after:
            pause = max(pause, tried.error.retry_after)
        _wait(row, until=_in_time(row, kind, timezone.now() + pause), why=tried.errmsg, failures=failures)


def _in_time(row: Outgoing, kind: Kind, until: datetime) -> datetime:
    """Or earlier, where it could not be repeated any more by then."""
    doubt = _doubt(row, since=row.doubt_from) if kind.repeat_within else None
    if doubt is None or kind.repeat_within is None:
        return until
    last = doubt.started_at + kind.repeat_within - LAST_CHANCE
    return min(until, last) if last > timezone.now() else until


def _end(row: Outgoing, kind: Kind, state: State, tried: Tried, *, in_doubt: bool) -> None:
    """The row has come to an end, unless settle knows another way."""
    verdict = kind.settle(
        row,
        Result(
            state=state,
            outcome=tried.outcome,
            answer=tried.answer,
            errcode=tried.errcode,
            errmsg=tried.errmsg,
            in_doubt=in_doubt,
        ),
    )
    if isinstance(verdict, Again):
        _wait(row, until=timezone.now() + verdict.delay, why="")
    elif isinstance(verdict, Park):
        _close(row, State.PARKED, error=verdict.why)
    else:
        _close(row, state, error="" if state in (State.DONE, State.INFERRED) else tried.errmsg)


def _park_unsure(row: Outgoing, kind: Kind, why: str) -> None:
    _end(row, kind, State.PARKED, Tried(outcome=Outcome.UNKNOWN, errmsg=why), in_doubt=True)


def _tell_limits(row: Outgoing, call: Call, tried: Tried) -> datetime | None:
    """Let all workers learn from this answer; until when they have to wait, None where only this row is concerned."""
    if tried.outcome is Outcome.UNKNOWN and limits.unanswered(row.app, call.path):
        alerts.alert(alerts.PAUSED, limits.api_name(row.app, call.path), "no answer several times in a row")
    if isinstance(tried.error, TokenUnavailable) and tried.error.errcode is not None:
        rest = tried.error.retry_after or API_REST
        _close_app(row, rest, tried.error)
        return timezone.now() + rest
    if tried.errcode is None:
        return None
    reaction = explain(tried.errcode).reaction
    if tried.outcome is not Outcome.NOT_SENT or reaction is Reaction.RETRY:
        if tried.outcome is not Outcome.UNKNOWN:
            limits.answered(row.app, call.path)
        return None
    name, rest = limits.app_name(row.app), limits.PROBE_EVERY
    if reaction is Reaction.WAIT:
        name, rest = limits.api_name(row.app, call.path), API_REST
    elif reaction is Reaction.RENEW_TOKEN:
        rest = API_REST
    limits.close(name, rest, f"{tried.errcode} {tried.errmsg}")
    alerts.alert(alerts.PAUSED, name, f"errcode={tried.errcode}")
    now = timezone.now()
    if reaction is Reaction.PAUSE and now >= row.deadline:
        return None  # it may be this row's own fault, and then it would be the probe that fails for ever
    return now + rest


def _pause(row: Outgoing, exc: ApiError) -> None:
    """gettoken was refused: nobody asks again for a while."""
    _close_app(row, limits.PROBE_EVERY, exc)
    _wait(row, until=timezone.now() + limits.PROBE_EVERY, why=str(exc))


def _close_app(row: Outgoing, rest: timedelta, refusal: ApiError | TokenUnavailable) -> None:
    """A person must act; a login, or whoever else was the first to hear of it, has told nobody."""
    name = limits.app_name(row.app)
    limits.close(name, rest, str(refusal))
    alerts.alert(alerts.PAUSED, name, f"gettoken errcode={refusal.errcode}")


def _broken(row: Outgoing, exc: Exception) -> None:
    """Our own code failed before the call was made: try again a few times, then let a person look."""
    logger.error("could not be prepared: outgoing=%s kind=%s", row.pk, row.kind, exc_info=exc)
    why = mask_text(f"{type(exc).__name__}: {exc}")
    failures = row.failures + 1
    hopeless = isinstance(exc, WeComError) or failures >= len(jobs.BACKOFF)
    if isinstance(exc, ConfigError | CannotOpen):  # what has gone from the settings, a data key too, may come back
        hopeless = timezone.now() >= row.deadline
    if not hopeless:
        pause = min(jobs.backoff(failures), LONGEST_PAUSE)
        return _wait(row, until=timezone.now() + pause, why=why, failures=failures)
    try:
        with whole():
            _hold(row)
            in_doubt = _doubt(row) is not None
            _end(row, kind_of(row.kind), State.PARKED, Tried(outcome=Outcome.NOT_SENT, errmsg=why), in_doubt=in_doubt)
    except (Lost, DatabaseError):
        raise
    except Exception:
        logger.exception("nor could its end be settled: outgoing=%s", row.pk)
        with whole():
            _close(row, State.PARKED, error=why)


def _wait(row: Outgoing, *, until: datetime, why: str, **fields: Any) -> None:
    if not jobs.let_go(row, state=State.WAITING, attempts=row.attempts, due_at=until, error=why[:500], **fields):
        raise Lost


def _close(row: Outgoing, state: State, *, error: str) -> None:
    if not jobs.let_go(row, state=state, attempts=row.attempts, error=error[:500], finished_at=timezone.now()):
        raise Lost
    if state in (State.PARKED, State.DEAD):
        alerts.alert(str(state), f"outgoing {row.pk}", f"kind={row.kind} errcode={row.last_errcode}")


def _hold(row: Outgoing) -> None:
    """Lock the row for the rest of the transaction, if it is still ours."""
    if not _ours(row).select_for_update().values_list("pk", flat=True):
        raise Lost


def _write(row: Outgoing, **fields: Any) -> None:
    if not _ours(row).update(**fields):
        raise Lost
    for name, value in fields.items():
        setattr(row, name, value)


def _ours(row: Outgoing) -> "QuerySet[Outgoing]":
    return Outgoing.objects.filter(pk=row.pk, fence=row.fence, state=State.RUNNING)


def _close_attempt(attempt: Attempt, call: Call, tried: Tried) -> Tried:
    """Write down what the try came to. Where its own words were forgotten meanwhile, WeCom's are not kept either."""
    ms = int((timezone.now() - attempt.started_at).total_seconds() * 1000)
    known = {"outcome": Attempt.Outcome(tried.outcome), "errcode": tried.errcode, "ms": max(0, ms)}  # clocks are set
    words = {"errmsg": tried.errmsg, "answer": mask(dict(tried.answer), private=call.private)}
    rows = Attempt.objects.filter(pk=attempt.pk)
    if rows.exclude(request={}).update(**known, **words):
        return tried
    rows.update(**known)
    return replace(tried, errmsg="")


def _doubt(row: Outgoing, *, since: int = 1, before: int | None = None) -> Attempt | None:
    """The first try (since and before these numbers) of which nobody knows whether it arrived.

    One that was left open is such a try: its worker did not live to close it.
    """
    earlier = Attempt.objects.filter(outgoing=row, number__lt=before or row.attempts + 1)
    if (before or row.attempts + 1) == 1:
        return None
    earlier.filter(outcome=Attempt.Outcome.OPEN).update(
        outcome=Attempt.Outcome.UNKNOWN, errmsg="the worker did not live to see an answer"
    )
    return earlier.filter(outcome=Attempt.Outcome.UNKNOWN, number__gte=since).order_by("number").first()


def _too_late(kind: Kind, row: Outgoing) -> bool:
    """Whether a doubt that no person has taken upon them is too old for a repeat."""
    if kind.repeat_within is None or not row.attempts:
        return False
    now = timezone.now()
    # Of what a clock wrote that was ahead, nobody knows how old it is.
    old = Q(started_at__lt=now - kind.repeat_within) | Q(started_at__gt=now + leases.SKEW)
    return row.tries.filter(old, number__gte=row.doubt_from, outcome=Attempt.Outcome.UNKNOWN).exists()
