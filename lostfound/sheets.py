"""Plumbing: rows as a file that people open in a spreadsheet.

No cell is ever taken for a formula: what begins like one gets an apostrophe before it, in both forms.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

BOM = "\ufeff"  # without it Excel reads the bytes as the code page of the machine
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Rows = Iterable[Sequence[str]]


def harmless(text: str) -> str:
    """The text as a cell may hold it."""
    shown = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{shown}" if shown.lstrip(" ").startswith(BEGINS_A_FORMULA) else shown


def as_csv(rows: Rows) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, a line at a time."""
    writer = csv.writer(_Passing())
    yield BOM.encode()
    for row in rows:
        yield writer.writerow([harmless(text) for text in row])


def as_xlsx(rows: Rows, *, title: str) -> IO[bytes]:
    """A workbook with one sheet, in a temporary file, ready to be read."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        sheet.append([harmless(text) for text in row])
    file = TemporaryFile()  # noqa: SIM115  the answer that reads it closes it
    book.save(file)
    file.seek(0)
    return file


class _Passing:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> bytes:
        return line.encode()
