"""What one crawl of a portal finds, seen against the catalogue and written to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from crawler.catalogue.changes import tell_check, tell_same, tell_vanished, tell_version
from crawler.catalogue.errors import PortalBusyError
from crawler.catalogue.faults import check_portal, write_checks, write_failures
from crawler.catalogue.known import load_knowledge, write_knowledge
from crawler.catalogue.locks import CRAWL, REPARSE, find_holder, hold, name_process
from crawler.catalogue.model import Candidate, Document, Portal, Report, Run, Version
from crawler.catalogue.pages import write_pages
from crawler.catalogue.prune import find_forgotten, forget
from crawler.catalogue.store import MOST, clean, cut, key_body, name_pages, read_record, read_time, write_time
from crawler.catalogue.versions import Decision, LastVersion, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy.orm import Session

    from crawler.catalogue.changes import Row
    from crawler.catalogue.ending import Ending
    from crawler.catalogue.known import Knowledge, Rules
    from crawler.catalogue.pages import PageFacts
    from crawler.catalogue.store import Catalogue
    from crawler.extraction.record.model import Record

# Outcomes of the ledger with which an address still leads to its report, though it may not have been read.
_STANDS = frozenset({"read", "same", "duplicate", "skipped", "unread", "failed", "forbidden", "listed"})
_UNCHANGED = "same"  # the outcome of a candidate that is known and was not asked for, or was and has not changed


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run as it begins: ``name`` is the setting RUN, ``asked`` are the addresses it begins with, ``years`` the first
    and last report year asked for, or None for all. ``addresses`` are those that runs of the portal usually begin with;
    None where nobody knows."""

    portal: str
    body: str | None
    division_code: str | None
    name: str
    asked: tuple[str, ...]
    years: tuple[int, int] | None = None
    addresses: tuple[str, ...] | None = None


def begin_run(catalogue: Catalogue, facts: RunFacts) -> PortalRun:
    """Takes the portal for a run and enters the run.

    Raises:
        PortalBusyError: another run of the portal is under way.
        CatalogueError: the catalogue cannot be used.
    """
    give_back = hold(catalogue.engine, facts.portal, f"{CRAWL} {facts.name}")
    if give_back is None:
        raise PortalBusyError(describe_holder(catalogue, facts.portal))
    try:
        with catalogue.write() as session:
            portal = session.scalars(select(Portal).where(Portal.name == facts.portal)).first()
            if portal is None:
                portal = Portal(name=facts.portal)
                session.add(portal)
            portal.body, portal.division_code = facts.body, facts.division_code
            session.flush()
            run = Run(
                portal_id=portal.id,
                name=facts.name,
                process=name_process(),
                started=datetime.now(UTC),
                asked=list(facts.asked),
                years=list(facts.years) if facts.years else None,
                why=[],
            )
            session.add(run)
            session.flush()
            return PortalRun(catalogue, facts, portal.id, run.id, give_back)
    except BaseException:
        give_back()
        raise


def describe_holder(catalogue: Catalogue, portal: str) -> str:
    """Who holds a portal that is held, in one line."""
    work, _, name = (find_holder(catalogue.engine, portal) or "").partition(" ")
    if work == REPARSE:
        return f"{portal} is being read anew already: by scrapy reparse --write ({name})"
    if work != CRAWL:  # it has not said so yet, or could not
        return f"{portal} is held already: by another process"
    with catalogue.read() as session:
        chosen = select(Run.process).join(Run.portal).where(Portal.name == portal, Run.name == name)
        process = session.scalars(chosen.order_by(Run.id.desc()).limit(1)).first()
    return f"{portal} is being crawled already: run {name}{f' ({process})' if process else ''}"


class PortalRun:
    """A run under way. It holds its portal until `close`."""

    def __init__(
        self, catalogue: Catalogue, facts: RunFacts, portal_id: int, run_id: int, give_back: Callable[[], None]
    ) -> None:
        self.catalogue = catalogue
        self.facts = facts
        self.seen: dict[str, int] = {}  # a report that was seen → its version
        self.fed: set[tuple[str, int]] = set()  # versions taken into the feed that no page of this run brought
        self.new = self.changed = 0
        self._portal_id, self._run_id = portal_id, run_id
        self._give_back = give_back
        # Records that were weighed and not entered yet, by report and by the address of the document.
        self._weighed: dict[str, dict[str, tuple[Decision, Record]]] = {}
        self._found: dict[str, Found] = {}  # address of a document → what led to it
        self._same: list[tuple[str, int]] = []
        self._taken: set[int] = set()  # versions that went into this run's feed
        self._returned: set[str] = set()
        self._pages: dict[str, PageFacts] = {}
        self._good: set[str] = set()  # addresses that answered with a page

    def close(self) -> None:
        """Gives the portal back."""
        self._give_back()

    # --- records

    def note_found(self, address: str, link: str, listed: str | None, candidate: str | None = None) -> None:
        """Remembers how a document was found: what the list called it, whose list it was, and the address by which the
        ledger has it, if that is another."""
        self._found[address] = Found(link, listed, candidate or address)

    def find_found(self, address: str) -> Found:
        """How a document was found that was not entered yet."""
        return self._found.get(address) or Found(None, None, address)

    def weigh(self, record: Record) -> Decision:
        """What a record is beside the version that the catalogue holds, or that of this run which is about to be
        entered. Nothing is written before `see` or `keep`."""
        report_id = record["report_id"]
        waiting = self._find_waiting(report_id)
        last = None
        if waiting is not None:
            version = waiting.record["version"]
            last = LastVersion(version["n"], waiting.record, waiting.digest, version["last_seen"])
        else:
            with self.catalogue.read() as session:
                found = self._find_current(session, report_id)
                if found is not None:
                    report, row = found
                    last = LastVersion(report.n, read_record(row), report.digest, write_time(row.last_seen))
        decision = decide(record, last)
        self._weighed.setdefault(report_id, {})[record["source"]["url"]] = (decision, record)
        return decision

    def forget(self, record: Record) -> None:
        """Takes back that a record was weighed: it goes no further."""
        weighed = self._weighed.get(record["report_id"], {})
        weighed.pop(record["source"]["url"], None)

    def find_original(self, record: Record) -> Original | None:
        """The current version of the report that a record is a copy of; None if it is the report itself: new, back
        again, or at one of the addresses by which the ledger may know it."""
        report_id, address = record["report_id"], record["source"]["url"]
        own = {address, self.find_found(address).candidate}
        waiting = self._find_waiting(report_id)
        if waiting is not None:
            last = next(reversed(self._weighed[report_id]))
            way = self.find_found(last)
            addresses = (last, way.candidate)
            return None if own & set(addresses) else Original(waiting.record, way.link, addresses, read=True)
        with self.catalogue.read() as session:
            report = self._find_report(session, report_id)
            if report is None or report.vanished is not None or own & set(_addresses(report)):
                return None
            version = self._find_version(session, report)
            return Original(read_record(version), report.link, _addresses(report), read=report_id in self.seen)

    def _find_waiting(self, report_id: str) -> Decision | None:
        """What was decided last of a report, where that was not entered yet."""
        weighed = self._weighed.get(report_id)
        return next(reversed(weighed.values()))[0] if weighed else None

    def _take_weighed(self, report_id: str, address: str | None) -> tuple[Decision, Record]:
        """What was decided of a report at an address, or last; once."""
        weighed = self._weighed[report_id]
        taken = weighed.pop(address if address is not None else next(reversed(weighed)))
        if not weighed:
            del self._weighed[report_id]
        return taken

    def see(self, report_id: str, candidate: str | None = None, address: str | None = None) -> None:
        """Enters that a report that was weighed is the same. ``candidate``: the address by which the ledger has it;
        ``address`` that of its document, None for the one that was weighed last."""
        decision, record = self._take_weighed(report_id, address)
        with self.catalogue.write() as session:
            self._see(session, decision, record, candidate)

    def keep(self, report_id: str, candidate: str | None = None, address: str | None = None) -> None:
        """Enters that a record that was weighed goes into the run's feed: a new version, or the current one again.
        The addresses are those of `see`."""
        decision, read = self._take_weighed(report_id, address)
        if decision.kind == "same":
            with self.catalogue.write() as session:
                self._taken.add(self._see(session, decision, read, candidate).id)
            return
        record = decision.record
        now = read_time(record["version"]["first_seen"])
        with self.catalogue.write() as session:
            found = self._find_current(session, report_id)
            report = found[0] if found else self._add_report(session, record, now)
            report.n, report.digest = record["version"]["n"], decision.digest
            report.body = record["agency"]["name"]
            self._note_seen(report, record, now, candidate)
            version = make_version(report, record, self._run_id)
            session.add(version)
            note_documents(session, self._portal_id, record)
            session.flush()
            taken = version.id
        self._taken.add(taken)
        if decision.kind == "first":
            self.new += 1
        else:
            self.changed += 1
            self._same = [one for one in self._same if one[0] != report_id]  # a copy of it took its place

    def _see(self, session: Session, decision: Decision, record: Record, candidate: str | None) -> Version:
        found = self._find_current(session, record["report_id"])
        if found is None:
            raise ValueError(f"{record['report_id']} is not in the catalogue")
        report, version = found
        now = read_time(decision.record["version"]["last_seen"])
        if report.digest != decision.digest:
            report.digest = decision.digest
            note_documents(session, self._portal_id, record)
        version.last_seen = max(version.last_seen, now)
        self._note_seen(report, record, now, candidate)
        self._same.append((report.report_id, report.n))
        return version

    def take_waiting(self) -> Iterator[Record]:
        """The versions of the years asked for that no whole feed has held yet, oldest first: they go into this one."""
        chosen = (
            select(Version.id)
            .join(Version.report)
            .where(Report.portal_id == self._portal_id, Version.delivered_id.is_(None), *self._in_years())
            .order_by(Version.id)
        )
        with self.catalogue.read() as session:
            waiting = [version for version in session.scalars(chosen) if version not in self._taken]
        return self._take(waiting)

    def take_unseen(self, outcomes: Mapping[str, str], *, complete: bool) -> Iterator[Record]:
        """The current versions of reports that this run did not see and that are not gone. Where it saw all there is
        (``complete``), those whose address it met (``outcomes``, as in `Ending`); else all that had not vanished."""
        chosen = (
            select(Version.id, Report)
            .join(Version.report)
            .where(Report.portal_id == self._portal_id, Version.n == Report.n, Report.vanished.is_(None))
            .where(*self._in_years())
            .order_by(Version.id)
        )
        with self.catalogue.read() as session:
            unseen = [
                version
                for version, report in session.execute(chosen)
                if report.report_id not in self.seen and version not in self._taken
                if not complete or _stands(report, outcomes)
            ]
        return self._take(unseen)

    def _take(self, versions: list[int]) -> Iterator[Record]:
        """Records one by one: a run that was killed may have left thousands."""
        self._taken.update(versions)
        for version in versions:
            with self.catalogue.read() as session:
                record = read_record(session.get_one(Version, version))
            self.fed.add((record["report_id"], record["version"]["n"]))
            yield record

    # --- what is known

    def recall(self, rules: Rules) -> Knowledge:
        """What earlier runs know of the portal; what of it is due follows the rules."""
        with self.catalogue.read() as session:
            knowledge = load_knowledge(session, self._portal_id, rules, self.facts.asked, self.facts.years)
        knowledge.seen = self.seen
        return knowledge

    # --- pages

    def note_page(self, page: PageFacts) -> None:
        """Remembers an answer; `flush_pages` and `finish` write what was remembered."""
        self._pages[page.address] = page
        if page.status == 200:
            self._good.add(page.address)
        if len(self._pages) >= MOST:
            self.flush_pages()

    def flush_pages(self) -> None:
        """Writes the pages remembered."""
        pages, self._pages = self._pages, {}
        if pages:
            with self.catalogue.write() as session:
                write_pages(session, self._portal_id, pages.values())

    # --- the end

    def finish(self, ending: Ending, write: Callable[[Iterable[Row]], object]) -> list[Row]:
        """Enters how the run ended; where its feed is whole, what it held counts as delivered.

        ``write`` is given the rows of ``changes.jsonl`` before anything is committed: what a killed process has not
        committed is delivered again, with its rows. Returns them; none where the feed is not whole.
        """
        # All that takes long goes before the transaction, for other processes wait for its end.
        fresh = self._tell_versions() if ending.whole else []
        with self.catalogue.read() as session:
            checks = check_portal(session, self.facts.portal)
            standing = self._find_standing(session, ending)
        touched = self._find_touched(full=ending.full)
        with self.catalogue.write() as session:
            write_pages(session, self._portal_id, self._pages.values())
            self._note_standing(session, standing, ending.finished)
            vanished = self._find_vanished(session, ending) if ending.whole else []
            rows: list[Row] = []
            if ending.whole:
                rows += fresh
                rows += [tell_same(*one, returned=one[0] in self._returned) for one in self._same]
                rows += [self._let_vanish(session, report, ending.finished) for report in vanished]
                rows += [tell_check(check) for check in checks if {check.earlier, check.later} & touched]
                write(rows)
                for some in cut(sorted(self._taken)):
                    session.execute(
                        update(Version)
                        .where(Version.id.in_(some), Version.delivered_id.is_(None))
                        .values(delivered_id=self._run_id)
                    )
            write_checks(session, self._portal_id, checks)
            write_knowledge(session, self._portal_id, ending)
            write_failures(session, self._portal_id, ending, self._good, self._can_miss(session, ending))
            run = session.get_one(Run, self._run_id)
            run.finished, run.verdict, run.why, run.whole = (
                max(ending.finished, run.started),
                ending.verdict,
                list(ending.why),
                ending.whole,
            )
            run.requests, run.bytes = ending.requests, ending.bytes
            run.reports, run.new, run.changed = len(self.seen), self.new, self.changed
            run.same, run.vanished = len(self._same), len(vanished)
        return rows

    def prune(self, ending: Ending) -> int:
        """After `finish`: lets go what of the portal's candidates and pages nothing needs any more; their number."""
        with self.catalogue.read() as session:
            forgotten = find_forgotten(session, self._portal_id, self._run_id, ending)
        number = len(forgotten.candidates) + len(forgotten.pages)
        if number:
            with self.catalogue.write() as session:
                forget(session, forgotten)
        return number

    def _find_touched(self, *, full: bool) -> set[str]:
        """The reports whose identities across years are told: those with a version that goes into the feed anew."""
        with self.catalogue.read() as session:
            found: set[str] = set()
            for some in cut(sorted(self._taken)):
                chosen = (
                    select(Report.report_id).join(Version, Version.report_id == Report.id).where(Version.id.in_(some))
                )
                found |= set(session.scalars(chosen if full else chosen.where(Version.delivered_id.is_(None))))
            return found

    def _tell_versions(self) -> list[Row]:
        """A row for each version that goes into a feed for the first time, oldest first."""
        rows = []
        with self.catalogue.read() as session:
            for some in cut(sorted(self._taken)):
                chosen = (
                    select(Version).where(Version.id.in_(some), Version.delivered_id.is_(None)).order_by(Version.id)
                )
                for version in session.scalars(chosen.execution_options(yield_per=20)):
                    before = session.scalars(
                        select(Version).where(Version.report_id == version.report_id, Version.n == version.n - 1)
                    ).first()
                    rows.append(tell_version(read_record(version), read_record(before) if before else None))
        return rows

    def _find_standing(self, session: Session, ending: Ending) -> list[int]:
        """The rows of reports that were not read, and whose address was met and is known to hold what it held: they are
        there. Counts them as seen, and with them those of which nobody looked whether they still stand there."""
        found = []
        for report in self._list_standing(session):
            if report.report_id in self.seen:
                continue
            met = [one for one in report.addresses if ending.outcomes.get(one) == _UNCHANGED]
            if met:
                if not set(met) <= set(ending.unlooked):
                    found.append(report.row)
                self.seen[report.report_id] = report.n
                self._same.append((report.report_id, report.n))
        return found

    def _note_standing(self, session: Session, rows: list[int], now: datetime) -> None:
        """Enters that reports were there. By few statements: others wait for the end of the transaction."""
        for some in cut(sorted(rows)):
            newest = select(Report.n).where(Report.id == Version.report_id).scalar_subquery()
            session.execute(
                update(Version)
                .where(Version.report_id.in_(some), Version.n == newest, Version.last_seen < now)
                .values(last_seen=now)
                .execution_options(synchronize_session=False)
            )
            for values in ({"last_seen": now}, {"last_run_id": self._run_id}):
                later = [Report.last_seen < now] if "last_seen" in values else []
                session.execute(
                    update(Report)
                    .where(Report.id.in_(some), *later)
                    .values(values)
                    .execution_options(synchronize_session=False)
                )

    def _list_standing(self, session: Session) -> list[_Standing]:
        """The reports that stand, each with the addresses that speak for it. An address that is used again speaks for
        what was read there last, not for what it held before."""
        chosen = (
            select(Report.id, Report.report_id, Report.n, Report.address, Report.candidate, Report.last_run_id)
            .where(Report.portal_id == self._portal_id, Report.vanished.is_(None))
            .order_by(Report.id)
        )
        rows = [
            (row, report_id, n, (address, *([candidate] if candidate else ())), run)
            for row, report_id, n, address, candidate, run in session.execute(chosen)
        ]
        latest: dict[str, int] = {}  # an address → the run that read something there last
        for _, report_id, _, addresses, run in rows:
            read = self._run_id if report_id in self.seen else run
            latest |= {address: max(read, latest.get(address, 0)) for address in addresses}
        return [
            _Standing(
                row, report_id, n, tuple(one for one in addresses if latest[one] == run or report_id in self.seen)
            )
            for row, report_id, n, addresses, run in rows
        ]

    def _find_vanished(self, session: Session, ending: Ending) -> list[Report]:
        """The reports that a run which saw all there is did not meet. One that began elsewhere than the run that saw a
        report last says nothing about it."""
        if ending.verdict != "complete" or not ending.swept:
            return []
        chosen = (
            select(Report)
            .options(joinedload(Report.last_run))
            .where(Report.portal_id == self._portal_id, Report.vanished.is_(None), *self._in_years())
            .order_by(Report.id)
        )
        speaking = {report.report_id: report.addresses for report in self._list_standing(session)}
        beside = self._list_beside(session) - ending.gone if ending.passed else frozenset()
        asked = name_pages(self.facts.asked)
        return [
            report
            for report in session.scalars(chosen)
            if report.report_id not in self.seen
            and name_pages(report.last_run.asked) <= asked
            and not any(ending.outcomes.get(address) in _STANDS for address in speaking[report.report_id])
            and not any(address in beside and address not in ending.outcomes for address in _addresses(report))
        ]

    def _list_beside(self, session: Session) -> frozenset[str]:
        """The addresses that the page of another report led to, and no list. Each has but one such page on record:
        where that changed, another one that was passed over may link it still."""
        own = Candidate.portal_id == self._portal_id
        # Put together here: no index leads from a page to what it linked, and a portal may have tens of thousands.
        linked = session.execute(select(Candidate.address, Candidate.parent).where(own, Candidate.parent.is_not(None)))
        pages = set(session.scalars(select(Candidate.address).where(own, Candidate.outcome.in_(("read", "same")))))
        return frozenset(address for address, parent in linked if parent in pages)

    def _can_miss(self, session: Session, ending: Ending) -> Callable[[datetime], bool]:
        """Whether what failed before, last at the end of some run, is gone if this run did not meet it. It is where
        this run saw all there is from the addresses that runs usually begin with, or from those of that other run."""
        facts = self.facts
        if ending.verdict != "complete" or not ending.swept or facts.years is not None:
            return lambda _: False
        asked = name_pages(facts.asked)
        if facts.addresses is not None and name_pages(facts.addresses) <= asked:
            return lambda _: True
        chosen = select(Run.finished, Run.asked).where(Run.portal_id == self._portal_id, Run.finished.is_not(None))
        ends = [(finished, name_pages(began)) for finished, began in session.execute(chosen) if finished is not None]

        def can_miss(failed: datetime) -> bool:
            after = [end for end in ends if end[0] >= failed]
            return bool(after) and min(after, key=lambda end: end[0])[1] <= asked

        return can_miss

    def _let_vanish(self, session: Session, report: Report, now: datetime) -> Row:
        report.vanished = now
        return tell_vanished(
            report.report_id, report.n, report.address, write_time(report.last_seen), report.last_run.name
        )

    # --- rows

    def _find_report(self, session: Session, report_id: str) -> Report | None:
        chosen = select(Report).where(Report.portal_id == self._portal_id, Report.report_id == report_id)
        return session.scalars(chosen).first()

    def _find_current(self, session: Session, report_id: str) -> tuple[Report, Version] | None:
        report = self._find_report(session, report_id)
        return None if report is None else (report, self._find_version(session, report))

    def _find_version(self, session: Session, report: Report) -> Version:
        return session.scalars(select(Version).where(Version.report_id == report.id, Version.n == report.n)).one()

    def _add_report(self, session: Session, record: Record, now: datetime) -> Report:
        report = Report(
            portal_id=self._portal_id,
            report_id=record["report_id"],
            body_key=key_body(record),
            body=record["agency"]["name"],
            year=record["year"],
            address=record["source"]["url"],
            landing=record["source"]["landing_url"],
            n=1,
            digest="",
            first_seen=now,
            last_seen=now,
            last_run_id=self._run_id,
        )
        session.add(report)
        session.flush()
        return report

    def _note_seen(self, report: Report, record: Record, now: datetime, candidate: str | None) -> None:
        """``record`` is what was read of it now."""
        report.address, report.landing = record["source"]["url"], record["source"]["landing_url"]
        report.candidate = candidate or report.candidate
        found = self._found.pop(report.address, None)
        if found is not None and found.link is not None:
            report.link, report.listed = clean(found.link), None if found.listed is None else clean(found.listed)
        if report.vanished is not None:
            self._returned.add(report.report_id)
        report.last_seen = max(report.last_seen, now)
        report.last_run_id, report.vanished = self._run_id, None
        self.seen[report.report_id] = report.n

    def _in_years(self) -> list[Any]:
        """The condition that a report is of a year asked for."""
        return [Report.year.between(*self.facts.years)] if self.facts.years else []


@dataclass(frozen=True, slots=True)
class Found:
    """How a document was found: what the list called it (``link``), whose list it was (``listed``), and the address by
    which the ledger has it."""

    link: str | None
    listed: str | None
    candidate: str


@dataclass(frozen=True, slots=True)
class Original:
    """The current version of a report that another address holds a copy of: its ``record``, what the list calls it
    (``link``), and the addresses by which the ledger may know it. ``read``: this run has read it."""

    record: Record
    link: str | None
    addresses: tuple[str, ...]
    read: bool = False


@dataclass(frozen=True, slots=True)
class _Standing:
    """A report that stands, by its ``row``, with the addresses that speak for it (`_addresses`)."""

    row: int
    report_id: str
    n: int
    addresses: tuple[str, ...]


def make_version(report: Report, record: Record, run_id: int) -> Version:
    """The row of a version of a report, found by a run."""
    return Version(
        report_id=report.id,
        n=record["version"]["n"],
        reason=record["version"]["reason"],
        content_sha256=record["version"]["content_sha256"],
        sha256=record["source"]["sha256"],
        parser=record["parser"]["version"],
        confidence=record["confidence"],
        record=record,
        first_seen=read_time(record["version"]["first_seen"]),
        last_seen=read_time(record["version"]["last_seen"]),
        found_id=run_id,
    )


def note_documents(session: Session, portal_id: int, record: Record) -> None:
    """Enters the documents that a record was read from."""
    for source in (record["source"], *record["source"]["parts"]):
        now = read_time(source["fetched_at"])
        document = session.scalars(
            select(Document).where(Document.portal_id == portal_id, Document.sha256 == source["sha256"])
        ).first()
        if document is None:
            document = Document(
                portal_id=portal_id,
                sha256=source["sha256"],
                address=source["url"],
                media_type=source["media_type"],
                bytes=source["bytes"],
                archive=source["archive"],
                first_seen=now,
                last_seen=now,
            )
            session.add(document)
            session.flush()  # a report may name one document twice
        document.last_seen = max(document.last_seen, now)


def _stands(report: Report, outcomes: Mapping[str, str]) -> bool:
    """Whether an address of a report was met with an outcome that does not speak against it."""
    return any(outcomes.get(address) in _STANDS for address in _addresses(report))


def _addresses(report: Report) -> tuple[str, ...]:
    """The addresses by which the ledger may know a report: not its landing page, which may hold several."""
    return (report.address, *([report.candidate] if report.candidate else []))


_RUNS: WeakKeyDictionary[Any, PortalRun] = WeakKeyDictionary()


def share_run(owner: object, run: PortalRun | None) -> None:
    """Makes a run known to all who know ``owner`` (a crawler), or unknown again."""
    if run is None:
        _RUNS.pop(owner, None)
    else:
        _RUNS[owner] = run


def find_run(owner: object) -> PortalRun | None:
    """The run that was shared for ``owner``, if there is one."""
    return _RUNS.get(owner)
