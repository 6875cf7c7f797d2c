"""What every page of members must be for everybody: it fits, it can be read, it can be pressed, it has names."""

from pathlib import Path

from playwright.sync_api import Page

LOOK = Path(__file__).with_suffix(".js").read_text(encoding="utf-8").partition("\n")[2].rstrip().removesuffix(";")


def findings(page: Page) -> list[str]:
    """What is wrong with the page as it stands; nothing is best."""
    return [f"{page.url}: {said}" for said in page.evaluate(LOOK)]
