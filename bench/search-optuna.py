"""Optuna's samplers for bench/search.ts, one JSON line in, one out. Needs a Python with optuna.

{"space", "sampler", "seed", "liar"} begins a study, {"ask"} gets a configuration, {"value"} tells the oldest that is running.
"""
import json
import sys
import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def tpe(seed, liar, multivariate=False):
    return optuna.samplers.TPESampler(seed=seed, multivariate=multivariate, constant_liar=liar)


SAMPLERS = {
    "tpe": lambda seed, liar: tpe(seed, liar),
    "multivariate": lambda seed, liar: tpe(seed, liar, multivariate=True),
    "cmaes": lambda seed, liar: optuna.samplers.CmaEsSampler(seed=seed),
    "gp": lambda seed, liar: optuna.samplers.GPSampler(seed=seed),
}


def begin(space, name, seed, liar):
    study = optuna.create_study(sampler=SAMPLERS[name](seed, liar))
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


running = []
for line in sys.stdin:
    given = json.loads(line)
    answer = {}
    if "space" in given:
        space, study, running = given["space"], begin(given["space"], given["sampler"], given["seed"], given["liar"]), []
    elif "ask" in given:
        trial = study.ask()
        running.append(trial)
        answer = configuration(space, trial)
    elif given["value"] is None:
        study.tell(running.pop(0), state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(running.pop(0), given["value"])
    print(json.dumps(answer), flush=True)
