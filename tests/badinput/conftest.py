"""The small WeCom of the lost and found's tests serves the rows, too."""

from tests.lostfound.conftest import wecom as wecom
