"""The register of portals: one line of ``portals.csv`` for each, and a spider by its name without a file of its own.

Columns: ``name`` (of the spider: small letters, digits, ``-`` and ``_``, a letter first), ``body`` (the government it
belongs to, by its full name), ``level`` (province, prefecture, county or township), ``code`` (GB/T 2260, six digits;
blank if it has none), ``address`` (where a crawl begins; several are divided by blanks), ``notes`` (``checked: `` and
what was seen, where a page of the portal was seen on the host of its address; else ``unchecked: `` and what speaks for
it; notes that begin otherwise say nothing of it), ``hosts`` (further hosts that documents may lie on, divided by
blanks). UTF-8, with a header.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.portals.arguments import read_url

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

COLUMNS = ("name", "body", "level", "code", "address", "notes", "hosts")
LEVELS = ("province", "prefecture", "county", "township")
CHECKED, UNCHECKED = "checked: ", "unchecked: "  # how the notes begin
RESERVED = frozenset({"portal", "local", "archive"})  # the spider of any address, files, and folders of DATA_DIR
SHIPPED = "portals.csv"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_CODE = re.compile(r"\d{6}")
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}(?::\d{1,5})?")


class RegisterError(ValueError):
    """A register that cannot be used; ``str()`` is one line that names the file and, of a bad line, its number."""


@dataclass(frozen=True, slots=True)
class Portal:
    """A line of the register. ``place`` says where it stands, as ``portals.csv, line 2``."""

    name: str
    body: str
    level: str
    code: str | None
    addresses: tuple[str, ...]
    notes: str
    hosts: tuple[str, ...]
    place: str

    @property
    def is_checked(self) -> bool:
        """Whether a page of the portal was seen on the host of its address. What nobody says was not."""
        return self.notes.startswith(CHECKED)


def check_register(settings: BaseSettings) -> str | None:
    """What makes the register with the setting ``PORTALS_FILE`` unusable, in one line, or None."""
    try:
        load_register(settings.get("PORTALS_FILE"))
    except RegisterError as error:
        return str(error)
    return None


def load_register(further: str | None = None) -> dict[str, Portal]:
    """The portals by name: those of the package, then those of the file ``further`` (setting ``PORTALS_FILE``).

    Raises RegisterError for a file that cannot be read, and for the first line that is wrong.
    """
    portals = read_register(files("crawler.portals").joinpath(SHIPPED).read_text(encoding="utf-8"), SHIPPED)
    if further:
        try:
            text = Path(further).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "no UTF-8"
            raise RegisterError(f"PORTALS_FILE: {further}: {reason}") from None
        portals = read_register(text, further, portals)
    return portals


def read_register(text: str, source: str, known: Mapping[str, Portal] | None = None) -> dict[str, Portal]:
    """The portals of a CSV text by name, behind those ``known``. ``source`` is what errors call the text.

    Raises RegisterError for the first line that is wrong. Whether a code is one of GB/T 2260 is `check_divisions`'.
    """
    portals = dict(known or {})
    hosts = {address: portal for portal in portals.values() for address in portal.addresses}
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    try:
        for number, row in enumerate(reader, 1):
            place = f"{source}, line {reader.line_num}"
            if number == 1:
                if tuple(row) != COLUMNS:
                    raise RegisterError(f"{place}: the header must be {','.join(COLUMNS)}")
                continue
            if not any(cell.strip() for cell in row):
                continue
            portal = _read_line(row, place)
            if portal.name in portals:
                raise RegisterError(f"{place}: {portal.name} stands in {portals[portal.name].place} too")
            for address in portal.addresses:
                if address in hosts:
                    raise RegisterError(f"{place}: {address} is {hosts[address].name}'s too ({hosts[address].place})")
                hosts[address] = portal
            portals[portal.name] = portal
    except csv.Error as error:
        raise RegisterError(f"{source}, line {reader.line_num}: {error}") from None
    return portals


def check_divisions(portals: Mapping[str, Portal], divisions: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What is wrong with the codes of portals, one line each. ``divisions``: code → (name, level), as in
    ``divisions.csv``, which this room does not read."""
    for portal in portals.values():
        if portal.code is None:
            continue
        if portal.code not in divisions:
            yield f"{portal.place}: {portal.name}: no division has the code {portal.code}"
            continue
        name, level = divisions[portal.code]
        if name not in portal.body:
            yield f"{portal.place}: {portal.name}: {portal.code} is {name}, not {portal.body}"
        elif portal.level not in {level, "township"}:  # a town has the code of its county
            yield f"{portal.place}: {portal.name}: {name} is a {level}, not a {portal.level}"


def _read_line(row: list[str], place: str) -> Portal:
    if len(row) != len(COLUMNS):
        raise RegisterError(f"{place}: {len(row)} columns instead of {len(COLUMNS)}")
    name, body, level, code, address, notes, hosts = (cell.strip() for cell in row)
    if not _NAME.fullmatch(name):
        raise RegisterError(f"{place}: {name!r} is no name: small letters, digits, - and _, a letter first, 40 at most")
    if name in RESERVED:
        raise RegisterError(f"{place}: the name {name} means something else: {', '.join(sorted(RESERVED))}")
    if not body:
        raise RegisterError(f"{place}: {name}: the body is missing")
    if level not in LEVELS:
        raise RegisterError(f"{place}: {name}: {level!r} is no level: {', '.join(LEVELS)}")
    if code and not _CODE.fullmatch(code):
        raise RegisterError(f"{place}: {name}: {code!r} is no code of six digits")
    if not address:
        raise RegisterError(f"{place}: {name}: the address is missing")
    addresses = tuple(_read_address(one, f"{place}: {name}") for one in address.split())
    for host in hosts.split():
        if not _HOST.fullmatch(host):
            raise RegisterError(f"{place}: {name}: {host!r} is no host, as in files.example.gov.cn")
    return Portal(name, body, level, code or None, addresses, notes, tuple(hosts.split()), place)


def _read_address(text: str, where: str) -> str:
    try:
        return read_url(text)
    except ValueError as error:
        raise RegisterError(f"{where}: {str(error).replace('url=', 'address ', 1)}") from None
