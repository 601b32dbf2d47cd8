"""`python -m sqla_lint`: the command, deaf to modules that lie about in the folder it is called from."""

import os
import sys

# `-m` puts the current folder first on the path: a `click.py` in the project under check would be run.
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from sqla_lint.cli import main

if __name__ == "__main__":
    main()
