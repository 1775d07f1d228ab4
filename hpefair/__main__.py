"""`python -m hpefair` opens the command line."""

from hpefair.cli import main

if __name__ == "__main__":
    main()
