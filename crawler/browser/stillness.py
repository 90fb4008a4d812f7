"""Whether a text stands still, by the looks that were taken at it. Pure."""

from __future__ import annotations

_GROWTH = 0.02  # a text whose length changes by less, in the second half of the wait, is taken as it is
_RETURNS = 2  # so often a text comes back to what it was until that is taken for its way of being still


class Stillness:
    """Since when a text stands still. One that keeps coming back to what it was (slides, tickers) counts as still."""

    def __init__(self) -> None:
        self._sum: int | None = None
        self._since = 0.0
        self._returns = 0
        self._seen: set[int] = set()
        self._lengths: list[tuple[float, int]] = []

    @property
    def has_not_changed(self) -> bool:
        return len(self._seen) == 1

    def note(self, sum_: int, length: int, *, now: float) -> float:
        """Notes a look; gives for how many seconds the text has stood still."""
        self._lengths.append((now, length))
        if sum_ != self._sum:
            self._returns = self._returns + 1 if sum_ in self._seen else 0
            self._seen.add(sum_)
            self._sum = sum_
            if self._returns < _RETURNS:
                self._since = now
        return now - self._since

    def is_growing(self) -> bool:
        """Whether the text's length still changed in the second half of all looks."""
        middle = self._lengths[-1][0] / 2
        late = [length for at, length in self._lengths if at >= middle]
        return max(late) - min(late) > max(late) * _GROWTH
