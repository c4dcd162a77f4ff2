"""The reader: a folder of plain files becomes a `Study`, or the list of everything wrong with it."""

from ..written import Problem
from .folder import Faulty, from_canonical, read, read_in_every_language, read_or_problems, with_plan

__all__ = ["Faulty", "Problem", "from_canonical", "read", "read_in_every_language", "read_or_problems", "with_plan"]
