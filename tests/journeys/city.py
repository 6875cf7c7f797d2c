"""The running system as its users meet it: over HTTP, by what they see on their phones, by commands and signals."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from django.contrib.auth import get_user_model
from rest_framework.authtoken.models import Token

from tests.support import ROOT, child_environment, free_port, wait_until

FINDER, OWNER = "lisi", "zhangsan"
PHONE = "13800138000"


class City:
    def __init__(self, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.environment = child_environment(PORT=str(port), SITE_URL=self.url, **environment)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.http = requests.Session()
        self.log = tempfile.NamedTemporaryFile(prefix="city-", suffix=".log")  # noqa: SIM115  closed by stop()

    # --- Processes --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        admin = get_user_model().objects.create_superuser("desk", password="desk")
        self.http.headers["Authorization"] = f"Token {Token.objects.create(user=admin).key}"
        self.start_web()
        self.start_worker()
        wait_until(lambda: self.answers("/readyz"), seconds=40, what="web and worker")
        self.control("clock", retry_pause_ms=100)

    def start_web(self) -> None:
        bind = self.url.removeprefix("http://")
        arguments = ["--bind", bind, "--workers", "2", "--worker-class", "gthread", "--threads", "4"]
        self._run("web", "-m", "gunicorn", *arguments, "--log-level", "warning", "wecomsite.wsgi")

    def start_worker(self) -> None:
        self._run("worker", str(ROOT / "manage.py"), "run_worker")

    def kill(self, name: str) -> None:
        """As `kill -9` on all its processes: gunicorn's children would go on answering for a while."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self.processes.items():
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.kill(name)
        self.http.close()
        print(self.said(), file=sys.stderr)
        self.log.close()

    def command(self, *arguments: str) -> str:
        """Run a management command as an operator does; what it said."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _run(self, name: str, *arguments: str) -> None:
        command = [sys.executable, *arguments]
        self.processes[name] = subprocess.Popen(
            command, env=self.environment, cwd=ROOT, start_new_session=True, stderr=self.log
        )

    def said(self) -> str:
        """The log lines of all processes so far."""
        return Path(self.log.name).read_text()

    def answers(self, path: str) -> bool:
        try:
            return self.http.get(self.url + path, timeout=5).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False

    # --- What people do ---------------------------------------------------------------------------------------------

    def report(self, **more: Any) -> dict:
        item = {"kind": "found", "title": "黑色雨伞", "category": "umbrella", "place": "二号楼食堂", "reporter": FINDER}
        contact = {"contact_channel": "phone", "contact_value": PHONE}
        return self.api("items/", **{**item, **contact, **more})

    def ask(self, *, shown: bool = True, **item: Any) -> int:
        """The owner asks for the finder's contact; the number of the request, once the finder sees the card."""
        answer = self.api("contact-requests/", item=self.report(**item)["id"], requester=OWNER, message="伞柄有贴纸")
        number = int(answer["id"])
        if shown:
            wait_until(lambda: self.card(number)["state"] == "shown", seconds=20, what="the card")
        return number

    def tap(self, number: int, key: str = "confirm", *, member: str = FINDER, **more: Any) -> requests.Response:
        body = {"member": member, "task_id": self.card(number)["task_id"], "event_key": key, **more}
        return self.http.post(f"{self.url}/sandbox/control/tap/", json=body, timeout=30)

    def withdraw(self, number: int) -> dict:
        return self.api(f"contact-requests/{number}/withdraw/")

    def api(self, path: str, **body: Any) -> dict:
        answer = self.http.post(f"{self.url}/api/v1/{path}", json=body, timeout=20)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def control(self, door: str, **body: Any) -> dict:
        answer = self.http.post(f"{self.url}/sandbox/control/{door}/", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, api: str, fault: str, **more: Any) -> None:
        self.control("faults", api=api, fault=fault, **more)

    # --- What is seen -----------------------------------------------------------------------------------------------

    def request(self, number: int) -> dict:
        return self.http.get(f"{self.url}/api/v1/contact-requests/{number}/", timeout=20).json()

    def card(self, number: int) -> dict:
        """The newest card of a request, as our own books have it."""
        return max(self.request(number)["cards"], key=lambda card: card["round"])

    def row(self, number: int, kind: str) -> dict:
        """The newest outgoing row of a kind."""
        rows = [row for row in self.request(number)["outgoing"] if row["kind"] == f"lostfound.{kind}"]
        return max(rows, key=lambda row: row["id"])

    def ledger(self) -> dict:
        return self.http.get(f"{self.url}/sandbox/control/ledger/", timeout=20).json()

    def seen_by(self, member: str) -> list[dict]:
        """What a member finds in the chat: no suppressed repeat, nothing dropped, nothing taken back."""
        return [message for message in self.ledger()["members"][member]["messages"] if message["visible"]]

    def texts(self, member: str) -> list[str]:
        """The texts that the app sent to a member."""
        return [m["text"] for m in self.seen_by(member) if m["msgtype"] == "text" and m["origin"] == "app"]

    def buttons(self, member: str = FINDER) -> list[str]:
        """What stands on the buttons of each card that a member sees, oldest first."""
        cards = [message for message in self.seen_by(member) if message["msgtype"] == "template_card"]
        return [card["replace_text"] or " / ".join(button["text"] for button in card["buttons"]) for card in cards]

    def calls(self, path: str) -> list[dict]:
        return [call for call in self.ledger()["calls"] if call["path"] == path]

    def events(self, number: int) -> list[str]:
        return [entry["event"] for entry in self.request(number)["timeline"]]

    def comes_to(self, number: int, *, seconds: float = 25, **expected: str) -> None:
        """Wait until the request (or its card, as `card=`) is in this state."""

        def there() -> bool:
            request = self.request(number)
            now = {**request, "card": self.card(number)["state"]}
            return all(now[name] == value for name, value in expected.items())

        try:
            wait_until(there, seconds=seconds, what=str(expected))
        except AssertionError:
            raise AssertionError(f"waited for {expected}, found {self.request(number)}") from None

    def settles(self, *, seconds: float = 25) -> None:
        """Wait until nothing is open any more: no callback under way, no row waiting or running."""
        from wecom.models import Callback, Outgoing

        def quiet() -> bool:
            return not any(
                model._default_manager.filter(state__in=model.OPEN).exists() for model in (Callback, Outgoing)
            )

        wait_until(quiet, seconds=seconds, what="rest")
        time.sleep(0.1)
