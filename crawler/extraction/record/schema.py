"""The record's JSON Schema (schema.json), as a check on the way out."""

from __future__ import annotations

import json
from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from crawler.extraction.record.model import Record

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator


def load_schema() -> dict[str, Any]:
    """The schema as schema.json has it."""
    schema: dict[str, Any] = json.loads((get_data("crawler.extraction.record", "schema.json") or b"").decode())
    return schema


@cache
def _validator() -> Draft202012Validator:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415  (reading alone needs none of it)

    return Draft202012Validator(load_schema(), validate_formats=True)


def find_faults(record: Record) -> list[str]:
    """What is wrong with a record by the schema, one line each with the place; empty for a valid record."""
    errors = sorted(_validator().iter_errors(record), key=lambda error: list(map(str, error.instance_path)))
    return [f"{'.'.join(map(str, error.instance_path)) or 'record'}: {error.message[:200]}" for error in errors]
