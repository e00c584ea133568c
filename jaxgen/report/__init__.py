"""One self-contained page that says what was trained, how good it is, how sure that is, where it fails."""

from jaxgen.report.content import Report, Row, Section, Table
from jaxgen.report.pages import page, verdict, write

__all__ = ["Report", "Row", "Section", "Table", "page", "verdict", "write"]
