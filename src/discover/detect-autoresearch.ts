/** Projects that another autoresearch loop was written for: karpathy/autoresearch and pi-autoresearch. */
import { defined } from '../base/defined.ts';
import type { Project, Suggestion } from './project.ts';

/**
 * karpathy/autoresearch: program.md tells an agent what to do, prepare.py is frozen, train.py changes. The program
 * keeps its own time; upstream ends a run after twice its budget.
 */
export function detectAutoresearch(project: Project): Suggestion[] {
  const [program, prepare] = ['program.md', 'prepare.py'].map((path) => project.read(path));
  if (program === undefined || prepare === undefined || !project.files.includes('train.py')) return [];
  const usesUv = project.files.includes('uv.lock') || /\buv run\b/.test(program);
  const budgetS = Number(/^TIME_BUDGET\s*=\s*(\d+)/m.exec(prepare)?.[1] ?? 300);
  const name = /grep\s+["']\^([A-Za-z_]\w*):/.exec(program)?.[1] ?? 'val_bpb';
  return [
    {
      found: `program.md, prepare.py, train.py: the layout of karpathy/autoresearch, ${budgetS} s of training`,
      command: usesUv ? 'uv run train.py' : 'python3 train.py',
      editable: ['train.py'],
      metric: { name, direction: directionIn(program) ?? 'minimize', read: { line: name, take: 'last' } },
      selfTimedS: 2 * budgetS,
      installed: ['.venv'],
    },
  ];
}

/** pi-autoresearch: a measure script that prints `METRIC name=value`, checks, and a prompt with the scope. */
export function detectPiAutoresearch(project: Project): Suggestion[] {
  const folder = ['.auto', '.'].find(
    (each) => project.read(at(each, each === '.' ? 'autoresearch.sh' : 'measure.sh')) !== undefined,
  );
  if (folder === undefined) return [];
  const [script, checks, prompt] =
    folder === '.'
      ? ['autoresearch.sh', 'autoresearch.checks.sh', 'autoresearch.md']
      : ['.auto/measure.sh', '.auto/checks.sh', '.auto/prompt.md'];
  const text = project.read(prompt!) ?? '';
  const name = /METRIC\s+([A-Za-z_]\w*)=/.exec(`${project.read(script!) ?? ''}\n${text}`)?.[1];
  const scope = sectionOf(text, /files in scope/i).filter((path) => project.files.includes(path));
  return [
    defined({
      found: `${script}: the layout of pi-autoresearch`,
      command: `sh ${script}`,
      editable: scope.length > 0 ? scope : undefined,
      metric: name === undefined ? undefined : defined({ name, direction: directionIn(text) }),
      guards: project.read(checks!) === undefined ? undefined : [{ name: 'checks', command: `sh ${checks}` }],
      isBuiltInPlace: true,
    }),
  ];
}

const at = (folder: string, file: string): string => (folder === '.' ? file : `${folder}/${file}`);

/** What better means, where a text says it. */
function directionIn(text: string): 'minimize' | 'maximize' | undefined {
  if (/\b(?:lowest|lower (?:is|=) better|minimi[sz]e|reduce)\b/i.test(text)) return 'minimize';
  return /\b(?:highest|higher (?:is|=) better|maximi[sz]e|increase)\b/i.test(text) ? 'maximize' : undefined;
}

/** Paths in the list below a heading. */
function sectionOf(markdown: string, heading: RegExp): string[] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.startsWith('#') && heading.test(line));
  if (start < 0) return [];
  const end = lines.findIndex((line, i) => i > start && line.startsWith('#'));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .flatMap((line) => [...line.matchAll(/`([^`]+)`|^\s*[-*]\s+([\w./-]+)/g)].map(([, code, word]) => (code ?? word)!));
}
