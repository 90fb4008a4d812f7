import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from differ import REVISION, read
from tests.differ.hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
BOUNDED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
from differ import read, sections
from differ.faults import signals_of
reading = read(Path(sys.argv[1]).read_bytes(), content_type=sys.argv[2])
signals_of(reading)
print(len(sections(reading.text)), reading.text.key)
"""
QUADRATIC_ONCE = (
    "attributes of one tag", "attributes behind a sign", "marks on one letter", "nested", "frames without an end",
    "scripts without an end", "scripts of a type without an end", "a long build",
)  # fmt: skip


def end_within_bounds(body: bytes, content_type: str) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = [sys.executable, "-c", BOUNDED, file.name, content_type]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-300:]


@pytest.mark.parametrize("name", QUADRATIC_ONCE)
def test_what_took_quadratic_time_once_is_read(name: str) -> None:
    reading = read(b"<html><body>" + HOSTILE[name](), content_type="text/html")
    assert reading.text.normaliser == REVISION


@pytest.mark.stress
@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_built_to_hurt_ends_within_a_minute_and_two_gigabytes(name: str) -> None:
    end_within_bounds(b"<html><body>" + HOSTILE[name](), "text/html")


@pytest.mark.stress
@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown"])
@pytest.mark.parametrize("name", ["one word", "one line", "bullets", "spaces", "angles", "marks on one letter"])
def test_a_text_built_to_hurt_ends_within_a_minute_and_two_gigabytes(name: str, content_type: str) -> None:
    end_within_bounds(HOSTILE[name](), content_type)
