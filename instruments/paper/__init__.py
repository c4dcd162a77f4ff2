"""Paper: what a board is given to read. One document, written as HTML, DOCX and PDF with the same numbers."""
