"""Facts: what all messages share."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from wecom.errors import ContentInvalid, MessageInvalid
from wecom.payloads import Advice, Block, Flag, Number

MEMBERS, CHAT, ROBOT = "message/send", "appchat/send", "webhook/send"
OPTIONS = ("safe", "enable_id_trans")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Block):
    """A message of one type.

    MSGTYPE          WeCom's name of it
    GOES_BY          the calls that take it
    SAFE             the values of `safe` that it may have besides 0
    safe             1: cannot be passed on, and carries a watermark; 2: not beyond the corporation (mpnews only)
    enable_id_trans  fill in names for `$userName=ID$` and the like, where the field supports it
    """

    MSGTYPE: ClassVar[str] = ""
    GOES_BY: ClassVar[Collection[str]] = (MEMBERS, CHAT)
    SAFE: ClassVar[Collection[int]] = (1,)
    ERROR: ClassVar[type[ContentInvalid]] = MessageInvalid

    safe: Annotated[int, Number((0, 1, 2))] = 0
    enable_id_trans: Annotated[bool, Flag()] = False

    def check_together(self) -> None:
        if self.safe and self.safe not in self.SAFE:
            allowed = " or ".join(map(str, sorted({0, *self.SAFE})))
            raise self.ERROR("safe", f"{allowed} for {self.MSGTYPE}", self.safe)

    def to_payload(self) -> dict[str, Any]:
        """The body of message/send, without agentid and recipients; MessageInvalid where it is not for members."""
        return self._payload(MEMBERS)

    def to_chat_payload(self) -> dict[str, Any]:
        """The body of appchat/send without chatid. Raises MessageInvalid where group chats do not take it."""
        return self._payload(CHAT)

    def to_robot_payload(self) -> dict[str, Any]:
        """The body of webhook/send. Raises MessageInvalid where robots do not take it."""
        return self._payload(ROBOT)

    def body(self) -> dict[str, Any]:
        """The object under the name of the message's type."""
        return {name: value for name, value in Block.to_payload(self).items() if name not in OPTIONS}

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """The message behind to_payload(); recipients and duplicate check beside it are passed over.

        Raises MessageInvalid for any JSON value that is none.
        """
        from . import MESSAGES

        if not isinstance(payload, dict):
            raise cls.ERROR("message", "an object", type(payload).__name__)
        msgtype = payload.get("msgtype")
        kinds = [kind for kind in MESSAGES if msgtype == kind.MSGTYPE and issubclass(kind, cls)]
        if not kinds:
            raise cls.ERROR("msgtype", "one of " + ", ".join(k.MSGTYPE for k in MESSAGES), repr(msgtype)[:40])
        options = {name: payload[name] for name in OPTIONS if name in payload}
        if options.get("enable_id_trans") in (0, 1):
            options["enable_id_trans"] = bool(options["enable_id_trans"])
        return kinds[0].of_content(payload.get(kinds[0].MSGTYPE), options)

    @classmethod
    def of_content(cls, content: Any, options: dict[str, Any]) -> Self:
        if not isinstance(content, dict) or set(content) & set(OPTIONS):
            raise cls.ERROR(cls.MSGTYPE, "the object of a message", type(content).__name__)
        return cls._load({**content, **options})

    @classmethod
    def path(cls, name: str) -> str:
        return name if name in OPTIONS else f"{cls.MSGTYPE}.{name}"

    def advice_at(self, outer: str) -> Iterator[Advice]:
        yield from Block.advice_at(self, outer or self.MSGTYPE)

    def _payload(self, call: str) -> dict[str, Any]:
        if call not in self.GOES_BY:
            raise self.ERROR("msgtype", f"what {call} takes", type(self).__name__)
        options: dict[str, Any] = {"safe": self.safe} if self.safe else {}
        if self.enable_id_trans:
            options["enable_id_trans"] = 1
        for name in set(options) - _TAKES[call]:
            raise self.ERROR(name, f"nothing in {call}", options[name])
        return {"msgtype": self.MSGTYPE, self.MSGTYPE: self.body(), **options}


_TAKES = {MEMBERS: {"safe", "enable_id_trans"}, CHAT: {"safe"}, ROBOT: set[str]()}
