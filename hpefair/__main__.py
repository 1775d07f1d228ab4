"""`python -m hpefair` opens the command line."""

from hpefair.cli.main import main

if __name__ == "__main__":
    main()
