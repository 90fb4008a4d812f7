"""How much room an archive takes, against a packed git repository of the same texts."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

from archive import open_archive
from archive.documents import list_documents
from archive.versions import list_versions, text_of
from benchmarks.large_archive import DATABASE
from clausewatch.settings import Settings

_SEARCH = "blocks_search"  # tables of the index of words begin so
_PLACES = ("passages", "sqlite_autoindex_passages_1", "ix_passages_block", "ix_passages_version")
"""Where and when each block stood: only searches ask for it."""
_LONGEST_SECONDS = 600


def sizes(home: Path, folder: Path, *, bodies_as_often: float = 1) -> dict[str, float]:
    """Megabytes of the home's database without its search, of its index of words and of where these stood, of its
    bodies, and of a git repository that is made in the folder.

    Bodies count ``bodies_as_often``: copies of documents name the bodies of the original, and would have their own."""
    connection = sqlite3.connect(home / DATABASE)
    tables = connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
    connection.close()
    index = sum(size for name, size in tables if name.startswith(_SEARCH))
    places = sum(size for name, size in tables if name in _PLACES)
    bodies = bodies_as_often * sum(path.stat().st_size for path in (home / "blobs").rglob("*") if path.is_file())
    packed = _packed(home, folder / "texts.git")
    found = {
        "database_mb": sum(size for _, size in tables) - index - places, "words_mb": index, "places_mb": places,
        "bodies_mb": bodies, "git_mb": packed,
    }  # fmt: skip
    return {name: size / 1e6 for name, size in found.items()} | {
        "database_times_git": found["database_mb"] / packed,
        "all_times_git": (found["database_mb"] + bodies) / packed,
        "search_times_git": (index + places) / packed,
    }


def _packed(home: Path, repository: Path) -> int:
    """Bytes of the packs of a repository with a file for each document and a commit for each version."""
    git = ["git", "-C", str(repository)]
    shutil.rmtree(repository, ignore_errors=True)
    subprocess.run(["git", "init", "-q", "--bare", repository], check=True)
    with subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        with open_archive(Settings(home=home)) as archive, archive.read() as connection:
            for document in list_documents(connection):
                for version in list_versions(connection, document):
                    text = text_of(connection, version.id).text.encode()
                    name = f"{document.vendor}/{document.slug}.txt"
                    at = int(version.first_at.timestamp())
                    importing.stdin.write(
                        f"commit refs/heads/main\ncommitter a <a@example.org> {at} +0000\ndata 0\n"
                        f"M 644 inline {name}\ndata {len(text)}\n".encode()
                        + text
                        + b"\n"
                    )
    if importing.returncode:
        raise RuntimeError(f"git fast-import ended with {importing.returncode}")
    subprocess.run([*git, "gc", "-q"], check=True, timeout=_LONGEST_SECONDS)
    return sum(path.stat().st_size for path in (repository / "objects" / "pack").iterdir())
