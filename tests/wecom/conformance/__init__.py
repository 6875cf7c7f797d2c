"""The cases of docs/vectors/events.json, cards.json and messages.json, with what our typed code makes of them.

Whoever adds an event, a type of card or of message adds a case here, runs `python -m tests.wecom.conformance`, and
reads the difference before keeping it: test_conformance.py reads the files alone.
"""

from tests.support import ROOT

FOLDER = ROOT / "docs" / "vectors"
