from __future__ import annotations

import logging

import pytest

from crawler.child_log import records_of, tell_again

TEXT = """\
Fatal Python error: something
2026-11-22 07:45:34 [scrapy.core.engine] INFO: Spider opened
2026-11-22 07:45:35 [scrapy.downloadermiddlewares.redirect] WARNING: redirect found no RefererMiddleware instance
2026-11-22 07:45:36 [crawler.spiders.batch] ERROR: failed
Traceback (most recent call last):
ValueError: no
"""


def test_each_record_has_its_logger_its_level_and_all_its_lines() -> None:
    assert list(records_of(TEXT)) == [
        ("crawler.child", logging.WARNING, "Fatal Python error: something"),
        ("scrapy.core.engine", logging.INFO, "Spider opened"),
        ("scrapy.downloadermiddlewares.redirect", logging.WARNING, "redirect found no RefererMiddleware instance"),
        ("crawler.spiders.batch", logging.ERROR, "failed\nTraceback (most recent call last):\nValueError: no"),
    ]
    assert list(records_of("")) == []


def test_what_the_child_said_is_logged_here_but_for_what_is_meant(caplog: pytest.LogCaptureFixture) -> None:
    tell_again(TEXT)
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("crawler.child", "WARNING"), ("crawler.spiders.batch", "ERROR"),
    ]  # fmt: skip
