"""The parts of script/deploy-test: `python -m deploy DIRECTORY [PART…]`; MariaDB and Redis are in the environment."""

import sys
import time
import traceback
from pathlib import Path

from deploy import image, proxies, units, upgrade
from deploy.tried import Tried

PARTS = {"units": units.check, "upgrade": upgrade.check, "proxies": proxies.check, "image": image.check}


def main(work: Path, names: list[str]) -> int:
    if unknown := set(names) - set(PARTS):
        print(f"script/deploy-test: {', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    tried = Tried()
    for name in names or PARTS:
        print(f"\n{name}", flush=True)
        began = time.monotonic()
        try:
            PARTS[name](work, tried)
        except Exception:
            traceback.print_exc()
            tried.that(f"{name} ends without an error", False)
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"\n{tried.good} as they should be, {tried.bad} not.")
    return 1 if tried.bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
