"""Makes code blocks of the examples in docstrings, which Markdown would take for quotations."""

import re

import griffe

EXAMPLE = re.compile(r"(?m)^>>> (?:.*\n?)(?:^(?!\s*$).*\n?)*")


class Fenced(griffe.Extension):
    """Puts fences around examples as docstrings are read."""

    def on_object(self, *, obj, **_):
        """Changes the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = EXAMPLE.sub(r"```pycon\n\g<0>\n```\n", obj.docstring.value)
