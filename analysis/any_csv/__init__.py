"""`compare` and `table`: our statistics on any CSV, to be held against any other tool."""

from .compare import Asked, compare
from .table import table

__all__ = ["Asked", "compare", "table"]
