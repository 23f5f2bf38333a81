"""The command `tollens`, also as `python -m tollens`."""

from runners.commands import main

if __name__ == "__main__":
    main()
