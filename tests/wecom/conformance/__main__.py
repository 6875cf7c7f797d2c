"""Writes docs/vectors/events.json, cards.json and messages.json."""

import json
from typing import Any

from . import FOLDER, cards, events, messages, updates

FILES: dict[str, dict[str, Any]] = {
    "events.json": {"about": "Decrypted messages of callbacks, and what they say. See README.md.", **events.part()},
    "cards.json": {
        "about": "template_card objects of message/send, and what may be made of them later. See README.md.",
        **cards.part(),
        **updates.part(),
    },
    "messages.json": {
        "about": "Bodies of message/send, without agentid and recipients. See README.md.",
        **messages.part(),
    },
}


def main() -> None:
    for name, content in FILES.items():
        (FOLDER / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
