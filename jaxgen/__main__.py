"""`python -m jaxgen` runs the command `jaxgen`."""

from jaxgen.cli.main import main

if __name__ == "__main__":
    main()
