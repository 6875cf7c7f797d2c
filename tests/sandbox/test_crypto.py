"""The sandbox's own sealing agrees with what others have made."""

import json
from typing import Any

import pytest
from defusedxml import ElementTree

from tests.support import ROOT
from wecom.sandbox import crypto
from wecom.sandbox.crypto import BadReply

VECTORS = json.loads((ROOT / "docs" / "vectors" / "crypto.json").read_text())


@pytest.mark.parametrize("case", VECTORS["positive"], ids=lambda case: case["id"])
def test_what_others_sealed_is_opened_and_sealed_alike(case: dict[str, Any]) -> None:
    key = crypto.key_of(case["encoding_aes_key"])
    plain = case["plaintext"].encode()
    assert crypto.unseal(case["encrypt"], key=key, receive_id=case["receive_id"]) == plain
    random16 = bytes.fromhex(case["random16_hex"])
    assert crypto.seal(plain, key=key, receive_id=case["receive_id"], random16=random16) == case["encrypt"]
    assert crypto.sign(case["token"], case["timestamp"], case["nonce"], case["encrypt"]) == case["msg_signature"]


@pytest.mark.parametrize("envelope", VECTORS["envelopes"], ids=lambda envelope: envelope["id"])
def test_envelopes_of_others_are_opened(envelope: dict[str, Any]) -> None:
    sealed = ElementTree.fromstring(envelope["body"]).findtext("Encrypt") or ""
    key = crypto.key_of(envelope["encoding_aes_key"])
    assert crypto.unseal(sealed, key=key, receive_id=envelope["receive_id"]).decode() == envelope["plaintext"]


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "A" * 44, "A" * 43 + "="])
def test_a_damaged_reply_is_told_from_a_good_one(sealed: str) -> None:
    with pytest.raises(BadReply):
        crypto.unseal(sealed, key=bytes(32), receive_id="ww1")
