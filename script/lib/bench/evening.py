"""The project's settings on the evening at which the made-up history ends: live and today have data then.

A server with DJANGO_SETTINGS_MODULE=bench.evening believes that it is BENCH_NOW, an instant in ISO 8601; time goes on
from there.
"""

import os
from datetime import datetime

import time_machine

time_machine.travel(datetime.fromisoformat(os.environ["BENCH_NOW"]), tick=True).start()

from config.settings import *  # noqa: E402, F403
