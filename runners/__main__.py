"""`python -m runners` is `tollens`."""

from runners.commands import main

if __name__ == "__main__":
    main()
