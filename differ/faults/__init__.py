"""Is this snapshot the document at all? By the page alone, and against the document's own history.

Pure. What becomes of a faulty snapshot is decided elsewhere; here only its name and the reason for it are found.
"""

from differ.faults.ending import CUT_NOTE, cut_note
from differ.faults.history import fault_in_history
from differ.faults.page import Verdict, fault_of_page, policy_share
from differ.faults.signals import Signals, shared_share, signals_of

__all__ = [
    "CUT_NOTE",
    "Signals",
    "Verdict",
    "cut_note",
    "fault_in_history",
    "fault_of_page",
    "policy_share",
    "shared_share",
    "signals_of",
]
