"""The demonstration: the four spiders over the sample archive that the project ships, without a network."""

from pathlib import Path

from settings.base import *  # noqa: F403

REPLAY = str(Path(__file__).resolve().parent.parent / "crawler" / "samples" / "portals.warc.gz")
DATA_DIR = "data/demo"
LOG_LEVEL = "WARNING"
