/** Two programs that use the kit talk over pipes, in each pair of languages; what goes wrong is one clear error. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureOutput } from '../../src/os/spawn.ts';
import { freshFolder } from '../fixtures/cli.ts';

const KIT = path.join(import.meta.dirname, '..', '..', 'kit');
const IN_JAVASCRIPT = "const kit = await import(process.env.OVERNIGHT_KIT + '/kit.mjs');\n";
const IN_PYTHON = `import os, sys, time
sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["OVERNIGHT_KIT"])
import overnight_kit as kit
`;
const javaScript = (code: string) => ({ file: 'program.mjs', run: 'node', code: IN_JAVASCRIPT + code });
const python = (code: string) => ({ file: 'program.py', run: 'python3', code: IN_PYTHON + code });
type Program = ReturnType<typeof python>;

/** Asks for a sum and for reversed bytes, more than a pipe holds, then scores. */
const EVALUATORS = [
  javaScript(`const { answer, ms } = kit.ask({ numbers: [1, 2, 3.5] }, { timeoutMs: 20000 });
const bytes = Uint8Array.from({ length: 300000 }, (_, i) => i % 251);
const turned = kit.ask(bytes).answer;
kit.result({ sum: answer.sum, same: Number(turned.equals(Buffer.from(bytes).reverse())), timed: Number(ms > 0) },
  { items: [{ id: 'a,b', value: 1, block: 'x' }, { id: 2, value: 0.5, block: 'x' }] });`),
  python(`answer, ms = kit.ask({"numbers": [1, 2, 3.5]}, timeout_ms=20000)
asked = bytes(i % 251 for i in range(300000))
turned, _ = kit.ask(asked, timeout_ms=20000)
kit.result({"sum": answer["sum"], "same": int(turned == asked[::-1]), "timed": int(ms > 0)},
  items=[{"id": "a,b", "value": 1, "block": "x"}, {"id": 2, "value": 0.5, "block": "x"}])`),
];
/** What they print must not be taken for an answer. */
const CANDIDATES = [
  javaScript(`await kit.serve(async (question) => {
  console.log('thinking');
  if (question instanceof Uint8Array) return question.reverse();
  return { sum: question.numbers.reduce((sum, each) => sum + each, 0) };
});`),
  python(`def handle(question):
    print("thinking", flush=True)
    return question[::-1] if isinstance(question, bytes) else {"sum": sum(question["numbers"])}
kit.serve(handle)`),
];

/** Both joined by named pipes, as the harness joins them. */
async function join(evaluator: Program, candidate: Program) {
  const folder = freshFolder('pipe');
  for (const [name, program] of Object.entries({ evaluator, candidate })) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
    fs.writeFileSync(path.join(folder, name, program.file), program.code);
  }
  const script = `mkfifo ab ba
${candidate.run} candidate/${candidate.file} < ab > ba 2> candidate.err & candidate=$!
${evaluator.run} evaluator/${evaluator.file} > ab < ba; status=$?
kill $candidate 2> /dev/null; wait; exit $status`;
  const env = {
    PATH: process.env.PATH!,
    OVERNIGHT_KIT: KIT,
    OVERNIGHT_NONCE: 'n1',
    OVERNIGHT_SEED: '5',
    OVERNIGHT_START: path.join(folder, 'start'),
    OVERNIGHT_RESULT: path.join(folder, 'result', 'result.txt'),
  };
  const ended = await captureOutput('sh', ['-c', script], { cwd: folder, env, timeoutMs: 60_000 });
  const read = (file: string): string | undefined =>
    fs.existsSync(path.join(folder, file)) ? fs.readFileSync(path.join(folder, file), 'utf8') : undefined;
  return { ...ended, read };
}

const pairs = EVALUATORS.flatMap((evaluator) =>
  CANDIDATES.map((candidate) => [evaluator.run, candidate.run, evaluator, candidate] as const),
);

describe('two programs over pipes', () => {
  it.each(pairs)('an evaluator in %s and a candidate in %s understand each other', async (_, _run, ...programs) => {
    const { status, stderr, read } = await join(...programs);
    expect(status, stderr).toBe(0);
    expect(read('result/result.txt')).toMatch(/^nonce: n1\nsum: 6\.5\nsame: 1\ntimed: 1\n$/);
    expect(read('result/items.csv')).toMatch(/^# nonce: n1\nid,value,block\n"a,b",1,x\n2,0\.5,x\n$/);
    expect(read('start')).toBe('');
    expect(read('candidate.err')).toContain('thinking');
  });

  const bad = {
    'ends before it answers': {
      candidates: [javaScript('process.exit(0)'), python('sys.exit(0)')],
      says: /^the candidate stopped answering at question 1\n$/,
    },
    'prints instead of answering': {
      candidates: [javaScript("console.log('hello world')"), python('print("hello world")')],
      says: /^the candidate's answer to question 1 is no framed message: does the program print to standard output\?\novernight-failure: data\n$/,
    },
    'answers with more than is read': {
      candidates: [
        javaScript("await kit.serve(() => 'x'.repeat(2000))"),
        python('kit.serve(lambda question: "x" * 2000)'),
      ],
      says: /^the candidate's answer to question 1 has 2002 bytes, at most 1000 are read\novernight-failure: data\n$/,
    },
    'does not answer in time': {
      candidates: [
        javaScript('await kit.serve(() => new Promise((yes) => setTimeout(yes, 60_000)))'),
        python('time.sleep(60)'),
      ],
      says: /^the candidate gave no answer to question 1 within 300 ms\n/,
    },
  };
  const short = [
    javaScript('kit.ask(1, { timeoutMs: 300, maxBytes: 1000 }); kit.result({ sum: 1 });'),
    python('kit.ask(1, timeout_ms=300, max_bytes=1000)\nkit.result({"sum": 1})'),
  ];
  const patient = [
    javaScript('kit.ask(1, { maxBytes: 1000 }); kit.result({ sum: 1 });'),
    python('kit.ask(1, max_bytes=1000)\nkit.result({"sum": 1})'),
  ];
  const faults = Object.entries(bad).flatMap(([fault, { candidates, says }]) =>
    (fault === 'does not answer in time' ? short : patient).flatMap((evaluator) =>
      candidates.map((candidate) => [fault, candidate.run, evaluator.run, evaluator, candidate, says] as const),
    ),
  );
  it.each(faults)(
    'a candidate that %s (%s) gives no result in %s',
    async (_, _run, _other, evaluator, candidate, says) => {
      const { status, stderr, read } = await join(evaluator, candidate);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(says);
      expect(read('result/result.txt')).toBeUndefined();
    },
  );

  it.each(EVALUATORS.map(({ run }, i) => [run, i] as const))(
    'a number that is none is no result in %s',
    async (_, i) => {
      const evaluator = [javaScript('kit.result({ loss: NaN })'), python('kit.result({"loss": float("nan")})')][i]!;
      const doubled = [
        javaScript("kit.items([{ id: 1, value: 1 }, { id: '1', value: 2 }])"),
        python('kit.items([{"id": 1, "value": 1}, {"id": "1", "value": 2}])'),
      ][i]!;
      for (const [program, says] of [
        [evaluator, /loss is nan: one finite number is wanted/i],
        [doubled, /the item 1 is there twice/],
      ] as const) {
        const { status, stderr, read } = await join(program, CANDIDATES[i]!);
        expect(status).not.toBe(0);
        expect(stderr).toMatch(says);
        expect(read('result/result.txt')).toBeUndefined();
      }
    },
  );
});
