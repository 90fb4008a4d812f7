"""Where Chromium lies and how it is started: nothing goes around the guard, nothing is kept, nothing calls home."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
NO_SANDBOX = "--no-sandbox"

INSTALL_PACKAGE = "pip install 'clausewatch[browser]'"
INSTALL_CHROMIUM = "install Chromium (apt install chromium) or name one by CLAUSEWATCH_CHROMIUM"
RUN_UNPRIVILEGED = (
    "Chromium has no sandbox for root: run Clausewatch as another user, or, in a container of its own, "
    f"set CLAUSEWATCH_CHROMIUM='PATH {NO_SANDBOX}'"
)

WITHOUT_DEFAULTS = ["--disable-popup-blocking", "--disable-ipc-flooding-protection"]
"""What Playwright turns on and hostile pages like."""


def find_chromium(chosen: str = "") -> list[str] | None:
    """The command: a path and switches. ``chosen`` is the setting; without it the usual names are looked for."""
    if chosen:
        try:
            path, *own = shlex.split(chosen)
        except ValueError:  # a quote that does not end, or nothing
            return None
        found = shutil.which(path)
        return [found, *own] if found else None
    for name in NAMES:
        if found := shutil.which(name):
            return [found]
    return None


def what_is_missing(chosen: str = "") -> str | None:
    """Why pages cannot be rendered here and what to do about it, in a line; None where they can."""
    if importlib.util.find_spec("playwright") is None:
        return f"the page needs a browser, and nothing here drives one: {INSTALL_PACKAGE}"
    command = find_chromium(chosen)
    if command is None:
        where = f"{chosen} is no program" if chosen else "none is found"
        return f"the page needs a browser, and {where}: {INSTALL_CHROMIUM}"
    if os.geteuid() == 0 and NO_SANDBOX not in command:
        return f"the page needs a browser: {RUN_UNPRIVILEGED}"
    return None


def switches(proxy_port: int) -> list[str]:
    """How Chromium is started, beside what Playwright adds (headless, a new profile, a pipe to talk through)."""
    return [
        f"--proxy-server=http://127.0.0.1:{proxy_port}",
        "--proxy-bypass-list=<-loopback>",  # Chromium goes to loopback and link-local without a proxy otherwise
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # names are the proxy's business alone
        "--disable-quic",  # UDP, which no proxy of ours carries
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--no-pings",
        "--disable-domain-reliability",
        "--dns-prefetch-disable",
        "--disable-site-isolation-trials",  # all frames of a page in one process: one thing to watch and to end
        "--js-flags=--max-old-space-size=512",  # MB of script objects in a page
        "--disable-gpu",
        "--mute-audio",
        "--disable-remote-fonts",
        "--blink-settings=imagesEnabled=false",
    ]


def environment(folder: Path) -> dict[str, str | float | bool]:
    """The browser's: its profile, caches and reports lie in the batch's folder and go with it."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "XDG_CONFIG_HOME": str(folder), "TZ": "UTC"}
