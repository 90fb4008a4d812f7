"""Git repositories as the Open Terms Archive keeps its versions, of texts that the test makes up."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path


class Repository:
    """A repository of versions: a file a document, a commit a version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet", "--initial-branch=main")

    def commit(self, path: str, text: str | bytes, *, at: datetime, subject: str = "") -> None:
        """The file has this text from then on."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        self._save(at=at, subject=subject or f"Record new changes of {path}")

    def remove(self, path: str, *, at: datetime) -> None:
        """The file is gone from then on."""
        (self.folder / path).unlink()
        self._save(at=at, subject=f"Remove {path}")

    def loses(self, path: str, commit: str) -> None:
        """What the file held at that commit is gone from the disk."""
        blob = self._git("rev-parse", f"{commit}:{path}").strip()
        (self.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    def _save(self, *, at: datetime, subject: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", subject, at=at)

    def _git(self, *command: str, at: datetime | None = None) -> str:
        when = at.isoformat() if at else "2025-01-01T00:00:00Z"
        environ = os.environ | {
            "GIT_AUTHOR_NAME": "Archive", "GIT_AUTHOR_EMAIL": "archive@example.org", "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": "Archive", "GIT_COMMITTER_EMAIL": "archive@example.org", "GIT_COMMITTER_DATE": when,
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        }  # fmt: skip
        done = subprocess.run(["git", "-C", str(self.folder), *command], check=True, env=environ, capture_output=True)
        return done.stdout.decode()
