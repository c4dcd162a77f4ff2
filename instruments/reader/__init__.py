"""The reader: a folder of plain files becomes a `Study`, or the list of everything wrong with it."""

from ..written import Problem
from .folder import Faulty, from_canonical, read, read_in_every_language, read_or_problems, with_plan
from .made_up_file import made_up, planted

__all__ = [
    "Faulty",
    "Problem",
    "from_canonical",
    "made_up",
    "planted",
    "read",
    "read_in_every_language",
    "read_or_problems",
    "with_plan",
]
