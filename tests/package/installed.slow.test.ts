/**
 * The package as a person gets it: packed, installed into an empty project from the registry, and every shipped arena
 * tried from there.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { captureOutput } from '../../src/os/spawn.ts';
import { freshFolder, ROOT } from '../fixtures/cli.ts';

const MAX_PACKED_BYTES = 8 << 20; // half of it is the data of arenas
/** Of everything that `npm install overnight` puts on the disk, in blocks as `du` counts them. */
const MAX_INSTALLED_BYTES = 40 * 1000 * 1000;
const NPM_FLAGS = ['--no-audit', '--no-fund', '--prefer-offline'];

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let project = '';
let packed: Packed;

/** Every shipped arena looks as it does after its tests: with packages of its own, and a lab. */
function checkoutAfterTests(): string {
  const checkout = freshFolder('checkout');
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    .toString()
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)));
  for (const file of files) cpSync(join(ROOT, file), join(checkout, file));
  execFileSync('ln', ['-s', join(ROOT, 'node_modules'), join(checkout, 'node_modules')]);
  for (const arena of readdirSync(join(checkout, 'arenas')))
    for (const left of ['node_modules/left', '.overnight/labs/left', 'tests/left']) {
      mkdirSync(join(checkout, 'arenas', arena, left), { recursive: true });
      writeFileSync(join(checkout, 'arenas', arena, left, 'left.txt'), 'left by a test\n');
    }
  return checkout;
}

beforeAll(async () => {
  const folder = freshFolder('packed');
  const made = await npm(['pack', '--json', '--pack-destination', folder], checkoutAfterTests());
  packed = (JSON.parse(made.slice(made.indexOf('[\n'))) as Packed[])[0]!;
  project = freshFolder('project');
  writeFileSync(join(project, 'package.json'), '{ "name": "somebody", "private": true }\n');
  await npm(['install', ...NPM_FLAGS, join(folder, packed.filename)], project);
}, 240_000);

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const done = await captureOutput('npm', args, { cwd, timeoutMs: 200_000 });
  expect(done.status, done.stderr).toBe(0);
  return done.stdout;
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  const below = stat.isDirectory() ? readdirSync(path).map((name) => sizeOf(join(path, name))) : [];
  return below.reduce((sum, bytes) => sum + bytes, 512 * stat.blocks);
}

describe('the package', () => {
  it('holds what a person runs and reads, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(
      paths.filter(
        (path) =>
          !/^(dist|arenas|docs|kit|schemas|skeletons)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path),
      ),
    ).toEqual([]);
    expect(paths.filter((path) => /(^|\/)(tests?|node_modules|\.overnight)\/|\.test\.|tsbuildinfo/.test(path))).toEqual(
      [],
    );
    expect(paths.filter((path) => /^docs\/(nights|decisions|log)/.test(path))).toEqual([]);
    expect(packed.unpackedSize).toBeLessThan(MAX_PACKED_BYTES);
  });

  it('holds every page that the program names', () => {
    const paths = new Set(packed.files.map(({ path }) => path));
    const programs = packed.files.filter(({ path }) => /^dist\/.*\.js$/.test(path));
    const installed = join(project, 'node_modules', 'overnight');
    const named = programs.flatMap(
      ({ path }) => readFileSync(join(installed, path), 'utf8').match(/\bdocs\/[\w-]+\.md\b/g) ?? [],
    );
    expect(named).toContain('docs/errors.md');
    expect(named.filter((page) => !paths.has(page))).toEqual([]);
  });

  it('is at most 40 MB with all that it needs', () => {
    expect(sizeOf(join(project, 'node_modules'))).toBeLessThan(MAX_INSTALLED_BYTES);
  });
});

describe('from the installed package', () => {
  const arenas = readdirSync(join(ROOT, 'arenas'));
  it('every shipped arena is there', () => {
    expect(readdirSync(join(project, 'node_modules', 'overnight', 'arenas')).sort()).toEqual(arenas.sort());
  });

  // Four seconds of training are too few on a machine that is busy with something else: then once more.
  it.each(arenas)('`overnight try %s` measures, decides and reports', { timeout: 400_000, retry: 2 }, async (arena) => {
    const args = ['try', arena, '--quick', '--experiments', '1', '--hours', '1', '--json'];
    const done = await captureOutput('npx', ['overnight', ...args], {
      cwd: project,
      env: { ...process.env, OVERNIGHT_AGENT: 'search' },
      timeoutMs: 390_000,
    });
    expect(done.status, done.stdout.slice(-3000) + done.stderr).toBe(0);
    const types = done.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as { type?: string }).type);
    expect(types).toContain('measured');
    expect(types.filter((type) => type === 'decided' || type === 'refused')).toHaveLength(1);
    expect(types).toContain('session.ended');
    const labs = join(project, '.overnight', 'try', arena, '.overnight', 'labs');
    const [lab] = readdirSync(labs).sort().reverse();
    expect(readFileSync(join(labs, lab!, 'report', 'report.md'), 'utf8')).toContain('baseline');
  });

  it('the built-in agent says what to install', async () => {
    const folder = freshFolder();
    cpSync(join(ROOT, 'arenas', 'hello'), folder, { recursive: true });
    const program = join(project, 'node_modules', '.bin', 'overnight');
    const env = { ...process.env, ANTHROPIC_API_KEY: 'sk-none' };
    const done = await captureOutput(program, ['run', '--agent', 'model', '--json'], { cwd: folder, env });
    expect(done.status).toBe(3);
    expect(done.stdout).toMatch(/"E_AGENT".*npm install ai@6 @ai-sdk\/anthropic@3/);
  });

  it('a program finds the library', async () => {
    const line =
      "import { openLab } from 'overnight'; import 'overnight/search'; import 'overnight/testing'; console.log(typeof openLab)";
    const done = await captureOutput(process.execPath, ['--input-type=module', '--eval', line], { cwd: project });
    expect(done.stderr).toBe('');
    expect(done.stdout.trim()).toBe('function');
  });
});
