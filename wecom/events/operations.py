"""Facts: what operators of the application ought to know: jobs that ended, applications shared, warned or suspended.

An application that nobody uses is suspended and loses its rights (48006), so the `inactive` events deserve an alarm.
Source: https://developer.work.weixin.qq.com/document/path/90240
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from .base import NAME_BYTES, Event, Moment, Tag, Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJobResult(Event):
    """An asynchronous job has ended. job_type is such as sync_user, replace_user, invite_user, replace_party."""

    NAME: ClassVar[str] = "batch_job_result"

    job_id: Annotated[str, Tag("BatchJob/JobId", NAME_BYTES)] = ""
    job_type: Annotated[str, Tag("BatchJob/JobType", NAME_BYTES)] = ""
    errcode: Annotated[int | None, Whole("BatchJob/ErrCode")] = None
    errmsg: Annotated[str, Tag("BatchJob/ErrMsg")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAgentChange(Event):
    """The application is shared with another corporation, or no longer (企业互联)."""

    NAME: ClassVar[str] = "share_agent_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareChainChange(Event):
    """The application is shared along a chain of corporations, or no longer (上下游)."""

    NAME: ClassVar[str] = "share_chain_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class InactiveAlert(Event):
    """The application will be suspended at effect_time, because nobody uses it."""

    NAME: ClassVar[str] = "inactive_alert"

    effect_time: Annotated[datetime | None, Moment("EffectTime")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseInactiveAgent(Event):
    """The application is suspended, because nobody used it."""

    NAME: ClassVar[str] = "close_inactive_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenInactiveAgent(Event):
    """An administrator has ended the suspension."""

    NAME: ClassVar[str] = "reopen_inactive_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class LowActiveAlert(Event):
    """The application will be restricted at effect_time, because few use it."""

    NAME: ClassVar[str] = "low_active_alert"

    effect_time: Annotated[datetime | None, Moment("EffectTime")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LowActive(Event):
    """The application is restricted, because few use it."""

    NAME: ClassVar[str] = "low_active"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRestored(Event):
    """Enough members use the application again."""

    NAME: ClassVar[str] = "active_restored"


KINDS: tuple[type[Event], ...] = (
    BatchJobResult,
    ShareAgentChange,
    ShareChainChange,
    InactiveAlert,
    CloseInactiveAgent,
    ReopenInactiveAgent,
    LowActiveAlert,
    LowActive,
    ActiveRestored,
)
