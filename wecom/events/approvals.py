"""Facts: approvals that moved on, in the application's own engine and in WeCom's approval application.

Statuses are numbers as text: 1 under way, 2 agreed, 3 refused, 4 withdrawn or passed on; see the pages for more.
Source: https://developer.work.weixin.qq.com/document/path/90240 (open_approval_change)
Source: https://developer.work.weixin.qq.com/document/path/91815 (sys_approval_change)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from .base import Each, Event, Moment, Parts, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalItem:
    """One person of a node: whether they have decided, when, and what they said."""

    name: Annotated[str, Tag("ItemName")] = ""
    userid: Annotated[str, Tag("ItemUserId")] = ""
    status: Annotated[str, Tag("ItemStatus")] = ""
    speech: Annotated[str, Tag("ItemSpeech")] = ""
    decided_at: Annotated[datetime | None, Moment("ItemOpTime")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalNode:
    """One step of an approval. attr: 1 one of them decides, 2 all of them."""

    status: Annotated[str, Tag("NodeStatus")] = ""
    attr: Annotated[str, Tag("NodeAttr")] = ""
    type: Annotated[str, Tag("NodeType")] = ""
    items: Annotated[tuple[ApprovalItem, ...], Parts(ApprovalItem, "Items/Item")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApprovalChange(Event):
    """An approval that the application started moved on. third_no is the number that the application gave it."""

    NAME: ClassVar[str] = "open_approval_change"

    third_no: Annotated[str, Tag("ApprovalInfo/ThirdNo")] = ""
    template_name: Annotated[str, Tag("ApprovalInfo/OpenSpName")] = ""
    template_id: Annotated[str, Tag("ApprovalInfo/OpenTemplateId")] = ""
    status: Annotated[str, Tag("ApprovalInfo/OpenSpStatus")] = ""
    applied_at: Annotated[datetime | None, Moment("ApprovalInfo/ApplyTime")] = None
    applicant_name: Annotated[str, Tag("ApprovalInfo/ApplyUserName")] = ""
    applicant: Annotated[str, Tag("ApprovalInfo/ApplyUserId")] = ""
    nodes: Annotated[tuple[ApprovalNode, ...], Parts(ApprovalNode, "ApprovalInfo/ApprovalNodes/ApprovalNode")] = ()
    notified: Annotated[tuple[str, ...], Each("ApprovalInfo/NotifyNodes/NotifyNode/ItemUserId")] = ()
    step: Annotated[str, Tag("ApprovalInfo/approverstep|ApproverStep")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDetail:
    """One person of a step of sys_approval_change."""

    userid: Annotated[str, Tag("Approver/UserId")] = ""
    status: Annotated[str, Tag("SpStatus")] = ""
    speech: Annotated[str, Tag("Speech")] = ""
    decided_at: Annotated[datetime | None, Moment("SpTime")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecord:
    """One step of sys_approval_change. approver_attr: 1 one of them decides, 2 all of them."""

    status: Annotated[str, Tag("SpStatus")] = ""
    approver_attr: Annotated[str, Tag("ApproverAttr")] = ""
    details: Annotated[tuple[ApprovalDetail, ...], Parts(ApprovalDetail, "Details")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SysApprovalChange(Event):
    """A request in WeCom's approval application moved on. change: 1 made, 2 agreed, 3 refused, … 10 commented."""

    NAME: ClassVar[str] = "sys_approval_change"

    sp_no: Annotated[str, Tag("ApprovalInfo/SpNo")] = ""
    template_name: Annotated[str, Tag("ApprovalInfo/SpName")] = ""
    template_id: Annotated[str, Tag("ApprovalInfo/TemplateId")] = ""
    status: Annotated[str, Tag("ApprovalInfo/SpStatus")] = ""
    applied_at: Annotated[datetime | None, Moment("ApprovalInfo/ApplyTime")] = None
    applicant: Annotated[str, Tag("ApprovalInfo/Applyer/UserId")] = ""
    applicant_party: Annotated[str, Tag("ApprovalInfo/Applyer/Party")] = ""
    records: Annotated[tuple[ApprovalRecord, ...], Parts(ApprovalRecord, "ApprovalInfo/SpRecord")] = ()
    notified: Annotated[tuple[str, ...], Each("ApprovalInfo/Notifyer/UserId")] = ()
    change: Annotated[str, Tag("ApprovalInfo/StatuChangeEvent")] = ""


KINDS: tuple[type[Event], ...] = (OpenApprovalChange, SysApprovalChange)
