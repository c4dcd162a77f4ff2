"""The researcher's wing: from sealed records to a report that says what was planned and what was found."""
