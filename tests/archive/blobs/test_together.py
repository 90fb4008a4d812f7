"""Several processes at one folder: they write the same bodies, put them together, erase some, all at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from archive.blobs import Blobs
from clausewatch.errors import Gone
from tests.archive.blobs.bodies import pages
from tests.archive.blobs.test_chains import written
from tests.archive.blobs.test_erasing import STONE

pytestmark = pytest.mark.once
COUNT = 40
WRITER = """
    import sys
    from pathlib import Path
    from archive.blobs import Blobs
    from tests.archive.blobs.bodies import pages
    from tests.archive.blobs.test_chains import written
    written(Blobs(Path(sys.argv[1])), pages(int(sys.argv[2])))
"""


def writer(folder: Path) -> subprocess.Popen[bytes]:
    root = Path(__file__).resolve().parents[3]
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(WRITER), str(folder), str(COUNT)], cwd=root)


@pytest.mark.slow
def test_writers_of_the_same_bodies_meet_those_who_compact_and_erase(tmp_path: Path) -> None:
    bodies = pages(COUNT)
    blobs = Blobs(tmp_path / "blobs")
    early = written(blobs, bodies[:10])
    writers = [writer(blobs.folder) for _ in range(3)]
    gone: list[str] = []
    while any(each.poll() is None for each in writers):
        with blobs.alone():
            for at, name in enumerate(early):
                if name not in gone:
                    blobs.compact(name, near=early[:at][::-1])
            blobs.gather()
        if len(gone) < 5:
            gone.append(early[2 * len(gone)])
            blobs.erase(gone[-1], on=STONE.on, reason=STONE.reason)
    assert [each.wait() for each in writers] == [0, 0, 0]
    fresh = Blobs(blobs.folder)
    names = written(Blobs(tmp_path / "other"), bodies)
    for name, body in zip(names, bodies, strict=True):
        if name in gone:
            with pytest.raises(Gone):
                fresh.read(name)
        else:
            assert fresh.read(name) == body
