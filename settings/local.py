"""A person at a terminal: progress is shown and the log keeps to what needs attention."""

from settings.base import *  # noqa: F403

LOG_LEVEL = "WARNING"
