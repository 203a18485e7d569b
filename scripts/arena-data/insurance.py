"""Makes arenas/insurance/data/policies.csv.gz from `randhie` of statsmodels 0.13.5 (RAND Health Insurance Experiment).

    apt-get download python3-statsmodels && dpkg -x python3-statsmodels_*.deb x
    python3 scripts/arena-data/insurance.py x/usr/lib/python3/dist-packages/statsmodels/datasets/randhie/randhie.csv

The file names no households. Rows of one follow each other and share its plan, so a run of rows with the same plan is
one.
"""
import csv
import sys

from vendor import write_vendored

PLAN = ("lncoins", "idp", "lpi", "fmde")
FEATURES = (*PLAN, "physlm", "disea", "hlthg", "hlthf", "hlthp")

lines = ["id,household,claims," + ",".join(FEATURES)]
plan, household = None, 0
with open(sys.argv[1], newline="") as file:
    for i, row in enumerate(csv.DictReader(file)):
        household += plan != [row[name] for name in PLAN]
        plan = [row[name] for name in PLAN]
        lines.append(f"p{i},h{household},{row['mdvis']}," + ",".join(f"{float(row[name]):g}" for name in FEATURES))
write_vendored("insurance", "policies.csv.gz", "\n".join(lines) + "\n")
print(household, "households")
