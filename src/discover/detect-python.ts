/** Python projects: pytest-benchmark, scripts that train or measure, notebooks. */
import { filesLike, globsOf, type Project, type Suggestion } from './project.ts';

const MANIFESTS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'requirements-dev.txt', 'tox.ini'];
const SCRIPT = /^(?:scripts\/|benchmarks?\/|src\/)?(?:bench\w*|train\w*|evaluate|main|run)\.py$/;

export function detectPython(project: Project): Suggestion[] {
  const manifests = MANIFESTS.map((path) => project.read(path) ?? '').join('\n');
  const tests = filesLike(project, /(?:^|\/)(?:test_\w+|\w+_test)\.py$/);
  const python = pythonOf(project);
  const installed = { installed: ['.venv', 'venv'] };
  const guards = tests.length > 0 ? [{ name: 'tests', command: `${python} -m pytest -q` }] : [];
  const sources = editableOf(project);
  const benchmark: Suggestion[] = /pytest[-_]benchmark/.test(manifests)
    ? [
        {
          found: 'pytest-benchmark among the dependencies',
          command: `${python} -m pytest -q --benchmark-only --benchmark-json="$OVERNIGHT_OUT/benchmark.json"`,
          editable: sources,
          metric: {
            name: 'seconds',
            direction: 'minimize',
            unit: 's',
            read: { json: 'benchmarks[*].stats.mean', from: 'benchmark.json', take: 'geomean' },
          },
          ...installed,
        },
      ]
    : [];
  const scripts = filesLike(project, SCRIPT).map((file) => ({
    found: `${file}: a script that is named like one that measures`,
    command: `${python} ${file}`,
    editable: /bench/.test(file) ? sources : [file],
    guards,
    ...installed,
  }));
  return [...benchmark, ...scripts];
}

function pythonOf(project: Project): string {
  const venv = ['.venv', 'venv'].find((folder) => project.read(`${folder}/pyvenv.cfg`) !== undefined);
  return venv === undefined ? 'python3' : `${venv}/bin/python`;
}

function editableOf(project: Project): string[] {
  const code = filesLike(project, /\.py$/).filter(
    (file) => !/(?:^|\/)(?:tests?|benchmarks?)\/|test_|_test\.|bench|setup\.py|conftest/.test(file),
  );
  return globsOf(code);
}

/** A notebook is run as the script that its cells make. */
export function detectNotebook(project: Project): Suggestion[] {
  return filesLike(project, /\.ipynb$/).map((file) => ({
    found: `${file}: a notebook`,
    command: `jupyter nbconvert --to script --stdout '${file}' | python3 -`,
    editable: [file],
    installed: ['.venv', 'venv'],
  }));
}
