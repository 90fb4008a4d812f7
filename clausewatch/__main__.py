"""``python -m clausewatch``."""

from clausewatch.cli import main

if __name__ == "__main__":
    main()
