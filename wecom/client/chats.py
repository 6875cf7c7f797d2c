"""Plumbing: group chats that an app makes and writes to. The app must be visible to the whole corporation (48002).

Source: https://developer.work.weixin.qq.com/document/path/90245
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wecom.errors import TransportError
from wecom.messages import Message

if TYPE_CHECKING:
    from . import Client


class Chats:
    """`client.chats`"""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, userlist: Sequence[str], *, name: str = "", owner: str = "", chatid: str = "") -> str:
        """Make a group of 2 to 2,000 members and return its id; it shows in their clients with the first message.

        chatid  up to 32 letters and digits of one's own, so that a repeat after a lost answer makes no second group
        """
        body = {"userlist": list(userlist), "name": name, "owner": owner, "chatid": chatid}
        made = self._client.call("appchat/create", _given(body)).get("chatid") or chatid
        if not isinstance(made, str) or not made:
            raise TransportError("appchat/create: errcode 0, but no chatid in the answer")
        return made

    def update(
        self,
        chatid: str,
        *,
        name: str = "",
        owner: str = "",
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> None:
        """Change name, owner or members of a group that this app has made; what is not given stays.

        Source: https://developer.work.weixin.qq.com/document/path/90246
        """
        changes = {"name": name, "owner": owner, "add_user_list": list(add), "del_user_list": list(remove)}
        self._client.call("appchat/update", {"chatid": chatid, **_given(changes)})

    def get(self, chatid: str) -> dict[str, Any]:
        """{chatid, name, owner, userlist} of a group that this app has made.

        Source: https://developer.work.weixin.qq.com/document/path/90247
        """
        return dict(self._client.call("appchat/get", params={"chatid": chatid}, method="GET").get("chat_info") or {})

    def send(self, chatid: str, message: Message | Mapping[str, Any]) -> None:
        """Write to the group: a Message, or {msgtype, <msgtype>: {...}, safe?}. Template cards are not for groups.

        Nothing drops a repeat here: after a TransportError the group may have read it already.
        Source: https://developer.work.weixin.qq.com/document/path/90248
        """
        body = message.to_chat_payload() if isinstance(message, Message) else message
        self._client.call("appchat/send", {**body, "chatid": chatid})


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
