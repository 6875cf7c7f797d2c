"""Plumbing: the menu at the bottom of an app's chat.

Source: https://developer.work.weixin.qq.com/document/path/90231
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from wecom.errors import Refused

if TYPE_CHECKING:
    from . import Client

NO_MENU = 46003


class Menu:
    """`client.menu`"""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def create(self, buttons: Iterable[Mapping[str, Any]]) -> None:
        """Show this menu in place of the one there is: one to three buttons, each with up to five `sub_button`s.

        A button is {type, name, key} for click and most other types, {type, name, url} for view; the name has 16
        bytes, the key 128, the address 1,024. Repeating it changes nothing.
        """
        self._client.call("menu/create", {"button": list(buttons)}, params=self._agent)

    def get(self) -> list[dict[str, Any]]:
        """The buttons that there are, [] where there is no menu."""
        try:
            answer = self._client.call("menu/get", params=self._agent, method="GET")
        except Refused as exc:
            if exc.errcode == NO_MENU:
                return []
            raise
        return list(answer.get("button") or [])

    def delete(self) -> None:
        """Show no menu."""
        self._client.call("menu/delete", params=self._agent, method="GET")

    @property
    def _agent(self) -> dict[str, str]:
        return {"agentid": str(self._client.app.agent_id)}
