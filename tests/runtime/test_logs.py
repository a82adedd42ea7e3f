"""What a log line looks like, and what never stands in one."""

import io
import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import pytest
import structlog

from fixgw.runtime import logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def configured(
    level: Literal["debug", "info", "warning", "error"] = "info",
    format: Literal["console", "json"] = "json",
) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level, format, stream)
    return stream


def test_a_json_line_is_the_event_and_its_fields() -> None:
    stream = configured()

    structlog.get_logger().info("order_submitted", order_id="17", px=Decimal("1.50"))

    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert {
        "event": "order_submitted",
        "level": "info",
        "order_id": "17",
        "px": "Decimal('1.50')",
    } == line


def test_a_console_line_is_for_a_person() -> None:
    stream = configured(format="console")

    structlog.get_logger().info("order_submitted", order_id="17")

    assert "order_submitted" in stream.getvalue()
    assert "order_id=17" in stream.getvalue()


def test_below_the_level_nothing_is_written() -> None:
    stream = configured("warning")

    structlog.get_logger().info("order_submitted")

    assert "" == stream.getvalue()


@pytest.mark.parametrize(
    "name", ["password", "Password_hash", "raw_data", "signature", "client_secret", "API_KEY"]
)
def test_a_secret_is_masked_by_its_name(name: str) -> None:
    stream = configured()

    structlog.get_logger().info("logon", **{name: "hunter2"}, headers={name: "hunter2"})

    line = json.loads(stream.getvalue())
    assert ("***", {name: "***"}) == (line[name], line["headers"])


@pytest.mark.parametrize("format", ["console", "json"])
def test_a_traceback_shows_no_local_variables(format: Literal["console", "json"]) -> None:
    stream = configured(format=format)
    try:
        hidden = "hunter2".upper()
        raise RuntimeError("broken")
    except RuntimeError:
        structlog.get_logger().exception("task_died")

    assert "RuntimeError: broken" in stream.getvalue()
    assert hidden not in stream.getvalue()


def test_what_other_libraries_log_has_the_same_form() -> None:
    stream = configured()

    logging.getLogger("aiohttp").warning("slow %s", "server")
    logging.getLogger("aiohttp").info("not this")

    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert ("slow server", "warning", "aiohttp") == (line["event"], line["level"], line["logger"])
