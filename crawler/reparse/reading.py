"""The reports of a portal, read anew by the readers of a pool, one after the other as their documents stand in the
archives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crawler.catalogue.reread import load_versions
from crawler.extraction.errors import ReadingError
from crawler.reparse.documents import Missing, Unavailable
from crawler.reparse.jobs import list_copies, list_parts, make_job
from crawler.workers.model import ReaderFailed, ReaderStopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from crawler.catalogue.reread import Kept, PortalFacts
    from crawler.catalogue.store import Catalogue
    from crawler.extraction.documents.options import Options
    from crawler.extraction.record.model import Record
    from crawler.workers.model import Job, Reading
    from crawler.workers.pool import ReaderPool


@dataclass(frozen=True, slots=True)
class Reread:
    """A report that was read anew: its ``record``, or the ``problem`` in one line; ``missing`` if a document of it is
    not in the archives. ``documents`` is how many it stands on."""

    kept: Kept
    record: Record | None
    problem: str | None
    documents: int
    missing: bool = False


def reread(
    catalogue: Catalogue,
    portal: PortalFacts,
    versions: Sequence[int],
    pool: ReaderPool,
    data_dir: Path,
    options: Options,
) -> Iterator[Reread]:
    """Each of the versions (ids of the catalogue) read anew, in their order."""
    jobs: dict[int, Job] = {}  # those that are under way

    def prepare(kept: Kept) -> Job:
        job = jobs[kept.version_id] = make_job(kept, portal, data_dir, options)
        return job

    for kept, future in pool.map_in_order(load_versions(catalogue, portal, versions), prepare):
        yield _conclude(kept, future, jobs.pop(kept.version_id, None), pool)


def _conclude(kept: Kept, future: Future[Reading], job: Job | None, pool: ReaderPool) -> Reread:
    documents = 1 + len(list_parts(kept.record))
    try:
        reading = _finish(future, job, pool)
    except Unavailable as error:
        return Reread(kept, None, str(error), documents, isinstance(error, Missing))
    except ReadingError as error:
        return Reread(kept, None, str(error), documents)
    except ReaderFailed as error:
        return Reread(kept, None, f"the reader failed: {error}", documents)
    record = reading.record
    record["warnings"] += list_copies(kept.record, changed=False)
    return Reread(kept, record, None, documents)


def _finish(future: Future[Reading], job: Job | None, pool: ReaderPool) -> Reading:
    """The reading of a report; without its parts where they are too much for a reader, as in a crawl."""
    try:
        return future.result()
    except ReaderStopped as error:
        if job is None or not job.parts:
            raise
        lost = tuple((b"", source, problem or str(error)) for _, source, problem in job.parts)
    again: Future[Reading] = pool.submit(replace(job, parts=lost))
    return again.result()
