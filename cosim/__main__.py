"""`python -m cosim`: the command line, where the script is not on the path."""

from cosim.cli import main

if __name__ == "__main__":
    main()
