"""Decisions: whether a request comes from WeCom, and with which pair of the app's keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from wecom import conf, crypto
from wecom.errors import BadSignature, CallbackRejected, EnvelopeMalformed

MAX_NONCE = 64


@dataclass(frozen=True, slots=True)
class Signed:
    """The query parameters that come with every request of WeCom."""

    signature: str
    timestamp: str
    nonce: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Signed":
        """Raises EnvelopeMalformed where one is missing or has a shape that WeCom never sends."""
        try:
            signed = cls(query["msg_signature"], query["timestamp"], query["nonce"])
        except KeyError as exc:
            raise EnvelopeMalformed(f"no {exc.args[0]}") from None
        if not (signed.timestamp.isascii() and signed.timestamp.isdigit() and len(signed.timestamp) <= 12):
            raise EnvelopeMalformed("timestamp is no number of seconds")
        if not (0 < len(signed.nonce) <= MAX_NONCE and signed.nonce.isascii() and signed.nonce.isprintable()):
            raise EnvelopeMalformed("nonce is no short text")
        return signed

    @property
    def is_stale(self) -> bool:
        """Older or newer than a living request can be; a replay would look so."""
        return abs(timezone.now().timestamp() - int(self.timestamp)) > conf.freshness().total_seconds()

    def open(self, ciphertext: str, app: conf.App) -> tuple[bytes, conf.CallbackKeys]:
        """The message inside, and the pair of keys that it came with; raises CallbackRejected.

        Every signature is compared before any is believed, and nothing is decrypted under a pair whose does not
        fit. Two pairs fit where a rotation kept the token; then the one that opens the message is meant.
        """
        fitting = [keys for keys in app.callback_keys if self._fits(ciphertext, keys)]
        refusal: CallbackRejected = BadSignature("msg_signature fits none of the app's tokens")
        for keys in fitting:
            key = crypto.aes_key(keys.encoding_aes_key)
            try:
                return crypto.decrypt(ciphertext, key=key, receive_id=app.corp_id), keys
            except CallbackRejected as exc:
                refusal = exc
        raise refusal

    def _fits(self, ciphertext: str, keys: conf.CallbackKeys) -> bool:
        try:
            crypto.verify(
                self.signature,
                token=keys.token,
                timestamp=self.timestamp,
                nonce=self.nonce,
                ciphertext=ciphertext,
            )
        except BadSignature:
            return False
        return keys.token != ""  # over an empty token anybody can sign
