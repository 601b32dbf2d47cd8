"""The command line: `python -m shop_api.cli create|night`."""

from __future__ import annotations

import sys

from shop_api import jobs
from shop_api.db import engine
from shop_api.models import Base


def main(command: str) -> None:
    if command == "create":
        Base.metadata.create_all(engine)
    elif command == "night":
        jobs.close_old_orders()
        print("\n".join(jobs.remind()))


if __name__ == "__main__":
    main(sys.argv[1])
