"""Optuna's samplers for bench/search.ts, one JSON line in, one out: {"space", "sampler", "seed"} begins a study, {"value"} tells its last trial.

The answer is the next configuration. Needs a Python with optuna.
"""
import json
import sys
import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


SAMPLERS = {
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "multivariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
}


def begin(space, name, seed):
    study = optuna.create_study(sampler=SAMPLERS[name](seed))
    if all("default" in p for p in space):
        study.enqueue_trial(
            {p["name"]: p["default"].bit_length() - 1 if p["kind"] == "pow2" else p["default"] for p in space}
        )
    return study


def configuration(space, trial):
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
    return values


for line in sys.stdin:
    given = json.loads(line)
    if "space" in given:
        space, study = given["space"], begin(given["space"], given["sampler"], given["seed"])
    elif given["value"] is None:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(trial, given["value"])
    trial = study.ask()
    print(json.dumps(configuration(space, trial)), flush=True)
