"""Callbacks: repeated, replayed, forged, late, from the wrong one, cut off."""

from tests.faults.post import Envelope
from tests.faults.registry import scenario
from tests.faults.world import World


@scenario("F01", "The same callback three times, byte for byte")
def same_bytes(world: World) -> None:
    case = world.ask()
    first = world.envelope(world.tap(case))
    world.expect([world.post(first) for _ in range(2)] == [200, 200], "a repeat was not answered 200")
    world.rest()
    (kept,) = world.rows("callback")
    world.expect(kept["repeats"] == 2, f"two repeats came, {kept['repeats']} were counted")


@scenario("F02", "The same message under a new nonce, time and ciphertext")
def sealed_anew(world: World) -> None:
    case = world.ask()
    again = Envelope.seal(world.tap(case)["plaintext"])
    world.expect([world.post(again) for _ in range(2)] == [200, 200], "a repeat was not answered 200")
    world.rest()
    world.expect(len(world.rows("callback")) == 1, "one message became two rows")
