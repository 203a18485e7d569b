"""Optuna's default sampler for bench/search.ts: tells the last outcome (or sets up), prints the next configuration.

Usage: search-optuna.py STATE first|next, JSON on standard input. Needs a Python with optuna; the study lies pickled in STATE.
"""
import json
import pickle
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
state, step = sys.argv[1:3]
given = json.load(sys.stdin)
if step == "first":
    space = given["space"]
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=given["seed"]))
    if all("default" in p for p in space):
        start = {p["name"]: p["default"] for p in space if "when" not in p}
        study.enqueue_trial({**start, **{k: v.bit_length() - 1 for p in space if p["kind"] == "pow2" for k, v in [(p["name"], p["default"])]}})
else:
    with open(state, "rb") as file:
        space, study, number = pickle.load(file)
    value = given["value"]
    if value is None:
        study.tell(number, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(number, value)

trial = study.ask()
values = {}
for p in space:
    when = p.get("when")
    if when and values.get(when["param"]) not in when["in"]:
        continue
    name, kind = p["name"], p["kind"]
    if kind == "float":
        values[name] = trial.suggest_float(name, p["low"], p["high"], log=p.get("log", False))
    elif kind == "int":
        values[name] = trial.suggest_int(name, p["low"], p["high"], log=p.get("log", False))
    elif kind == "pow2":
        values[name] = 2 ** trial.suggest_int(name, p["low"].bit_length() - 1, p["high"].bit_length() - 1)
    else:
        values[name] = trial.suggest_categorical(name, p["values"])
with open(state, "wb") as file:
    pickle.dump((space, study, trial.number), file)
print(json.dumps(values))
