"""Facts: what members do and what WeCom tells, as typed events.

    event = parse(plain, app="default")
    isinstance(event, TemplateCardEvent) and event.answers      {"where": ("canteen", "library")}
    event.name                                                  "template_card_event"

Fields are named as everything here is, `task_id` for TaskId; each class says by which rule it reads them. What nobody
has typed yet is Unknown, with its fields.
Source: https://developer.work.weixin.qq.com/document/path/90240 (events)
Source: https://developer.work.weixin.qq.com/document/path/90239 (messages)
"""

from .approvals import (
    ApprovalDetail,
    ApprovalItem,
    ApprovalNode,
    ApprovalRecord,
    OpenApprovalChange,
    SysApprovalChange,
)
from .base import EPOCH, Event
from .cards import CardTap, Selection, TemplateCardEvent, TemplateCardMenuEvent
from .contacts import (
    ChangeContact,
    CreateParty,
    CreateUser,
    DeleteParty,
    DeleteUser,
    UpdateParty,
    UpdateTag,
    UpdateUser,
)
from .members import EnterAgent, LocationReport, Subscribe, Unsubscribe
from .menu import (
    Click,
    LocationSelect,
    MenuTap,
    PicPhotoOrAlbum,
    PicSysphoto,
    Pictures,
    PicWeixin,
    Scan,
    ScancodePush,
    ScancodeWaitmsg,
    View,
    ViewMiniprogram,
)
from .messages import (
    ImageMessage,
    LinkMessage,
    LocationMessage,
    Message,
    TextMessage,
    VideoMessage,
    VoiceMessage,
)
from .operations import (
    ActiveRestored,
    BatchJobResult,
    CloseInactiveAgent,
    InactiveAlert,
    LowActive,
    LowActiveAlert,
    ReopenInactiveAgent,
    ShareAgentChange,
    ShareChainChange,
)
from .reading import EVENT_KINDS, KINDS, MESSAGE_KINDS, parse
from .unknown import Unknown

__all__ = [
    "EPOCH",
    "EVENT_KINDS",
    "KINDS",
    "MESSAGE_KINDS",
    "ActiveRestored",
    "ApprovalDetail",
    "ApprovalItem",
    "ApprovalNode",
    "ApprovalRecord",
    "BatchJobResult",
    "CardTap",
    "ChangeContact",
    "Click",
    "CloseInactiveAgent",
    "CreateParty",
    "CreateUser",
    "DeleteParty",
    "DeleteUser",
    "EnterAgent",
    "Event",
    "ImageMessage",
    "InactiveAlert",
    "LinkMessage",
    "LocationMessage",
    "LocationReport",
    "LocationSelect",
    "LowActive",
    "LowActiveAlert",
    "MenuTap",
    "Message",
    "OpenApprovalChange",
    "PicPhotoOrAlbum",
    "PicSysphoto",
    "PicWeixin",
    "Pictures",
    "ReopenInactiveAgent",
    "Scan",
    "ScancodePush",
    "ScancodeWaitmsg",
    "Selection",
    "ShareAgentChange",
    "ShareChainChange",
    "Subscribe",
    "SysApprovalChange",
    "TemplateCardEvent",
    "TemplateCardMenuEvent",
    "TextMessage",
    "Unknown",
    "Unsubscribe",
    "UpdateParty",
    "UpdateTag",
    "UpdateUser",
    "VideoMessage",
    "View",
    "ViewMiniprogram",
    "VoiceMessage",
    "parse",
]
