/**
 * What an agent can do to the session through its jail and its gateway, what of the person's files its jail shows, and
 * what lies on PATH that nobody may read.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Gateway } from '../../src/agents/gateway/gateway.ts';
import { openJail } from '../../src/agents/jail.ts';
import { openAgent } from '../../src/agents/open.ts';
import { findOnPath, rootsOf } from '../../src/agents/program.ts';
import { captureSync } from '../../src/os/spawn.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { commitAll, expectClean, expectError, freshFolder, overnight, smallArena } from '../fixtures/cli.ts';

const { sandbox } = await chooseSandbox();
const noJail = sandbox.info.level === 'bubblewrap' ? undefined : sandbox.info.reason;
const titled = (title: string): string => (noJail === undefined ? title : `${title} (skipped: ${noJail})`);

function writeAll(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
    if (/\.(sh|mjs)$/.test(file) || /(^|\/)agent$/.test(file)) chmodSync(join(folder, file), 0o755);
  }
  return folder;
}

/** An agent that writes bytes to the gateway, on connections of their own, and then makes a good change. */
const attackWith = (requests: readonly string[]): string => `#!/usr/bin/env node
import { connect } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
const { port } = new URL(process.env.OPENAI_BASE_URL);
for (const bytes of ${JSON.stringify(requests)})
  await new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {}).on('close', resolve);
    setTimeout(() => socket.destroy(), 150);
  });
writeFileSync('x.sh', readFileSync('x.sh', 'utf8').replace('X=9', 'X=3'));
console.log('{"hypothesis": "a smaller X"}');
`;

describe(titled('an agent that attacks its gateway'), () => {
  it.skipIf(noJail)(
    'ends neither the session nor the next one',
    async () => {
      const folder = smallArena();
      const agent = join(freshFolder('tools'), 'attack.mjs');
      writeAll(dirname(agent), {
        'attack.mjs': attackWith([
          'GET // HTTP/1.1\r\nHost: x\r\n\r\n',
          'POST http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n',
          'CONNECT // HTTP/1.1\r\nHost: x\r\n\r\n',
          'GET /%zz?key=%zz HTTP/1.1\r\nHost: [\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
        ]),
      });
      const args = ['run', '--json', '--agent', 'command', '--agent-command', agent, '--experiments', '1'];
      const ended = await overnight(args, { cwd: folder });
      expect(ended.status, ended.stderr + ended.stdout).toBe(0);
      const decided = ended.json.filter((event) => event.type === 'decided');
      expect(
        decided.map((event) => (event.decision as { verdict: string } | undefined)?.verdict ?? event.outcome),
      ).toContain('kept');
      const next = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], {
        cwd: folder,
      });
      expect(next.status, next.stderr + next.stdout).toBe(0);
      await expectClean(folder);
    },
    120_000,
  );
});

/** Prints what it sees of the folders that it is given. */
const LOOK = `#!/usr/bin/env node
import { readdirSync, readFileSync } from 'node:fs';
const seen = {};
for (const path of process.argv.slice(2)) {
  try {
    seen[path] = readdirSync(path).sort();
  } catch {
    try {
      seen[path] = readFileSync(path, 'utf8');
    } catch {
      seen[path] = 'absent';
    }
  }
}
console.log(JSON.stringify(seen));
`;

async function seenBy(
  agentFile: string,
  ...paths: string[]
): Promise<{ seen: Record<string, unknown>; reason: string }> {
  const gateway = new Gateway({ upstreams: {} });
  const agent = await openAgent(
    { name: 'command', command: [agentFile, ...paths].join(' ') },
    { jail: openJail(sandbox), gateway },
  );
  const task = freshFolder('task');
  writeFileSync(join(task, 'open.txt'), 'one\n');
  const result = await agent.run({
    prompt: 'Go.',
    dir: task,
    writable: ['open.txt'],
    limits: { wallMs: 20_000 },
    cores: [],
    tag: 'hostile-agents',
    signal: new AbortController().signal,
  });
  await gateway.close();
  expect(result, JSON.stringify(result)).toMatchObject({ kind: 'done' });
  return { seen: JSON.parse(result.kind === 'done' ? result.text : '{}'), reason: agent.reason };
}

describe(titled('an agent of the person that is a script'), () => {
  it.skipIf(noJail)('in the arena sees neither its files nor its labs', async () => {
    const arena = smallArena();
    writeAll(arena, { 'agent.mjs': LOOK, '.overnight/labs/t/ledger.jsonl': '{}', 'package.json': '{"type":"module"}' });
    commitAll(arena);
    const { seen, reason } = await seenBy(
      join(arena, 'agent.mjs'),
      arena,
      join(arena, 'judge.sh'),
      join(arena, '.overnight'),
    );
    expect(seen[arena]).toEqual(['agent.mjs']);
    expect(seen[join(arena, 'judge.sh')]).toBe('absent');
    expect(seen[join(arena, '.overnight')]).toBe('absent');
    expect(reason).toContain(`it sees the files of the arena that are not hidden`);
    expect(reason).toContain(join(arena, 'agent.mjs'));
  });

  it.skipIf(noJail)('below the arena, or in a folder that claims to be an environment, sees no more', async () => {
    const arena = smallArena();
    writeAll(arena, {
      'tools/agent.mjs': LOOK,
      'tools/package.json': '{"type":"module"}',
      'tools/secret': 's',
      'pyvenv.cfg': '',
    });
    const below = await seenBy(join(arena, 'tools', 'agent.mjs'), arena, join(arena, 'tools'));
    expect(below.seen).toEqual({ [arena]: ['tools'], [join(arena, 'tools')]: ['agent.mjs'] });
    writeAll(arena, { 'agent.mjs': LOOK });
    expect((await seenBy(join(arena, 'agent.mjs'), arena)).seen).toEqual({ [arena]: ['agent.mjs'] });
  });

  it.skipIf(noJail)('beside files of the person sees itself', async () => {
    const work = writeAll(freshFolder('work'), {
      'agent.mjs': LOOK,
      '.env': 'KEY=1',
      'notes.txt': 'n',
      '.git/config': '',
    });
    const { seen } = await seenBy(join(work, 'agent.mjs'), work, join(work, '.env'));
    expect(seen).toEqual({ [work]: ['agent.mjs'], [join(work, '.env')]: 'absent' });
    symlinkSync(join(work, 'agent.mjs'), join(freshFolder('bin'), 'linked.mjs'));
  });

  it.skipIf(noJail)('in a package sees its parts, but nothing hidden and no arena', async () => {
    const own = writeAll(freshFolder('package'), {
      'agent.mjs': LOOK,
      'package.json': '{"type":"module"}',
      'lib/part.mjs': '',
      'node_modules/dep/index.js': '',
      '.env': 'KEY=1',
      '.git/config': '',
      'arena/arena.yaml': '',
      'deep/er/.overnight/labs/t/ledger.jsonl': '',
      'deep/er/judge.sh': '',
      'repository/.git/config': '',
    });
    const { seen } = await seenBy(join(own, 'agent.mjs'), own, join(own, 'lib'), join(own, 'deep', 'er', 'judge.sh'));
    expect(seen[own]).toEqual(['agent.mjs', 'lib', 'node_modules', 'package.json']);
    expect(seen[join(own, 'lib')]).toEqual(['part.mjs']);
    expect(seen[join(own, 'deep', 'er', 'judge.sh')]).toBe('absent');
  });

  it('is shown alone where its folder is a home, a repository or too large', () => {
    const plain = writeAll(freshFolder('plain'), { agent: LOOK, 'data.bin': '' });
    expect(rootsOf(join(plain, 'agent'))).toEqual([join(plain, 'agent')]);
    const many = writeAll(freshFolder('many'), { agent: LOOK, 'package.json': '{}' });
    for (let i = 0; i < 300; i++) writeFileSync(join(many, `f${i}`), '');
    expect(rootsOf(join(many, 'agent'))).toEqual([join(many, 'agent')]);
    const store = writeAll(freshFolder('x'), { '.git/hooks/agent': LOOK, '.git/hooks/package.json': '{}' });
    expect(rootsOf(join(store, '.git/hooks/agent'))).toEqual([join(store, '.git/hooks/agent')]);
  });
});

describe('a PATH with what cannot be looked at', () => {
  it('finds what can be', () => {
    const good = writeAll(freshFolder('good'), { agent: '#!/bin/sh\n' });
    const odd = freshFolder('odd');
    symlinkSync('loop', join(odd, 'loop'));
    symlinkSync('agent', join(odd, 'agent'));
    writeFileSync(join(odd, 'file'), '');
    const searchPath = [join(odd, 'loop'), odd, join(odd, 'file'), '', '/nowhere', 'x'.repeat(5000), 'a\0b', good].join(
      ':',
    );
    expect(findOnPath(['agent'], searchPath)).toBe(join(good, 'agent'));
    expect(findOnPath([join(odd, 'loop', 'agent')])).toBeUndefined();
    expect(findOnPath(['x'.repeat(300), 'agent'], searchPath)).toBe(join(good, 'agent'));
  });

  const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const loader = join(import.meta.dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot)('finds what an ordinary user may read behind folders that it may not', () => {
    const good = writeAll(freshFolder('good'), { agent: '#!/bin/sh\n', claude: '#!/bin/sh\n' });
    chmodSync(join(good, 'claude'), 0o755);
    const closed = writeAll(freshFolder('closed'), { agent: '#!/bin/sh\n', claude: '#!/bin/sh\n' });
    for (const folder of [good, closed]) chmodSync(dirname(folder), 0o755);
    chmodSync(closed, 0o700);
    const program = join(import.meta.dirname, 'find-programs.ts');
    const args = [
      ...asNobody,
      process.execPath,
      '--import',
      loader,
      program,
      `${closed}:${good}`,
      'agent',
      join(closed, 'agent'),
    ];
    const done = captureSync('setpriv', args);
    expect(done.status, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toEqual({ found: [join(good, 'agent'), null], agents: ['claude'] });
  });
});

describe('without a sandbox', () => {
  const env = { OVERNIGHT_SANDBOX: 'process' };
  it('no code of an agent or a model is run, unless the person accepts it; knobs are turned all the same', async () => {
    const folder = smallArena();
    const command = ['--agent', 'command', '--agent-command', 'true'];
    const model = ['--agent', 'model', '--model', 'compatible:m'];
    for (const ideas of [command, model, [...model.slice(0, 1), 'model,hybrid', ...model.slice(2)]]) {
      const refused = await overnight(['run', '--json', ...ideas, '--experiments', '1'], {
        cwd: folder,
        env: { ...env, OPENAI_BASE_URL: 'http://127.0.0.1:9' },
      });
      expectError(refused, 'E_UNSAFE', 3, /No sandbox can hold it/);
    }
    const searching = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], {
      cwd: folder,
      env,
    });
    expect(searching.status, searching.stderr + searching.stdout).toBe(0);
    await expectClean(folder);
  }, 120_000);
});
