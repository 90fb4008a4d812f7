"""``python -m benchmarks [NAME...]``: run them, print the figures, keep them under benchmarks/results."""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    results = {}
    for name in names or found:
        figures = importlib.import_module(f"benchmarks.bench_{name}").run()
        results[name] = figures
        print(f"{name}:" if figures else f"{name}: skipped, its data does not stand beside the checkout")
        for figure, value in (figures or {}).items():
            print(f"  {figure:24} {value:10.3f}")
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
