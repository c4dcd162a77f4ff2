"""The report: locked answers and findings as one HTML file that opens from disk and asks nobody for anything."""

from .writing import Report, report, write_whole

__all__ = ["Report", "report", "write_whole"]
