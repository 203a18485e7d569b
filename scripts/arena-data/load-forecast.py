"""Makes arenas/load-forecast/data/load.csv.gz from `taylor` of the R package forecast 8.20-1.

    apt-get download r-cran-forecast && dpkg -x r-cran-forecast_*.deb x
    python3 scripts/arena-data/load-forecast.py x/usr/lib/R/site-library/forecast/data/Rdata
"""
import datetime
import sys

import rdata
from vendor import write_vendored

values = rdata.read_lazy(sys.argv[1], "taylor")
start = datetime.datetime(2000, 6, 5)
rows = ["time,load"]
for i, value in enumerate(values):
    rows.append(f"{(start + datetime.timedelta(minutes=30 * i)).isoformat(timespec='minutes')},{value:g}")
write_vendored("load-forecast", "load.csv.gz", "\n".join(rows) + "\n")
