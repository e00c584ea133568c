"""One self-contained page that says what was trained, how good it is, how sure that is, where it fails."""
