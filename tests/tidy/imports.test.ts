/** Who may know whom, and who owns which effect: the first three invariants of the design, read from the source. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { below, importsOf, isTest, lineOf, partOf, program, text, tree, visit } from './source.ts';

/**
 * What each part of src may import from src. A part that is not named here may import what it likes and is imported by
 * nobody below it.
 */
const MAY: Readonly<Record<string, readonly string[]>> = {
  base: [],
  os: ['base'],
  core: ['base'],
  search: ['base', 'core'],
  knobs: ['base', 'core'],
  view: ['base', 'core'],
  render: ['base', 'core', 'view'],
  ledger: ['base', 'core', 'os'],
  workspace: ['base', 'core', 'os'],
  sandbox: ['base', 'core', 'os'],
  agents: ['base', 'core', 'os'],
  proposers: ['base', 'core', 'os', 'agents', 'search'],
  loop: ['base', 'core', 'os'],
  audit: ['base', 'core', 'os', 'ledger', 'workspace'],
  notify: ['base', 'os', 'view'],
  server: ['base', 'core', 'os', 'ledger', 'view', 'render'],
};
const PURE = ['base', 'core', 'search', 'view', 'render'];
/** Packages that pure code may use: they touch nothing. */
const PURE_PACKAGES = ['zod', 'picomatch'];

const pure = program.filter((file) => PURE.includes(partOf(file)));
const insideSrc = (target: string): boolean => target.startsWith('src/');
const places = (found: readonly { file: string; line: number; target?: string }[]): string[] =>
  found.map(({ file, line, target }) => `${file}:${line}${target ? ` ${target}` : ''}`);

describe('who may import whom', () => {
  it.each(Object.entries(MAY))('%s imports only itself and [%s]', (part, allowed) => {
    const found = program
      .filter((file) => partOf(file) === part)
      .flatMap(importsOf)
      .filter(({ target }) => insideSrc(target) && partOf(target) !== part && !allowed.includes(partOf(target)));
    expect(places(found)).toEqual([]);
  });

  it('only the edges of the program import the composition root', () => {
    const edges = ['cli', 'index.ts', 'server', 'mcp', 'testing', 'app'];
    const found = program.filter((file) => !edges.includes(partOf(file))).flatMap(importsOf);
    expect(
      places(found.filter(({ target }) => target.startsWith('src/app/') || target.startsWith('src/cli/'))),
    ).toEqual([]);
  });

  it('the program imports no arena, and no arena imports the program', () => {
    expect(places(program.flatMap(importsOf).filter(({ target }) => target.startsWith('arenas')))).toEqual([]);
    const arenas = below('arenas', '.ts', '.mjs', '.js').flatMap(importsOf);
    expect(places(arenas.filter(({ target }) => insideSrc(target) || target.startsWith('overnight')))).toEqual([]);
  });

  it('relative imports name the file that is there, with its extension', () => {
    const own = [...program, ...below('src', '.test.ts'), ...below('tests', '.ts')];
    const bad = own
      .flatMap(importsOf)
      .filter(({ target }) => /^(src|tests|arenas)\//.test(target) && text(target) === '');
    expect(places(bad)).toEqual([]);
  });
});

describe('circles', () => {
  it('no circle of imports exists, types included', () => {
    expect(circlesOf(program)).toEqual([]);
  });

  it('a circle of two and one of three are found, and a chain is none', () => {
    const imports = new Map([
      ['a', ['b']],
      ['b', ['a', 'c']],
      ['c', ['d']],
      ['d', ['e']],
      ['e', ['c', 'f']],
      ['f', []],
    ]);
    expect(circlesIn(imports)).toEqual([
      ['c', 'd', 'e'],
      ['a', 'b'],
    ]);
  });
});

const circlesOf = (files: readonly string[]): string[][] =>
  circlesIn(new Map(files.map((file) => [file, importsOf(file).map(({ target }) => target)])));

/** Groups of files of which each reaches every other one by imports (strongly connected components, Tarjan 1972). */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const circles: string[][] = [];
  const walk = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    path.push(file);
    for (const target of imports.get(file)!.filter((name) => imports.has(name))) {
      if (!order.has(target)) walk(target);
      else if (!path.includes(target)) continue;
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = path.splice(path.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) walk(file);
  return circles;
}

describe('pure code', () => {
  it('imports nothing of Node but hashing, and no package that touches the world', () => {
    const found = pure.flatMap(importsOf).filter(({ file, target }) => {
      if (insideSrc(target) || PURE_PACKAGES.includes(target)) return false;
      return !(file === 'src/base/hash.ts' && target === 'node:crypto');
    });
    expect(places(found)).toEqual([]);
  });

  it('asks neither clock nor chance nor the network, and waits for nothing', () => {
    const found = pure.flatMap((file) => impurities(file));
    expect(found).toEqual([]);
  });
});

/** Uses of clock, chance, network, timers, the process, and of waiting. Turning a given time into text is allowed. */
function impurities(file: string): string[] {
  const found: string[] = [];
  visit(tree(file), (node) => {
    const say = (what: string): void => void found.push(`${file}:${lineOf(file, node.getStart())} ${what}`);
    if (ts.isAwaitExpression(node)) say('await');
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) say('new Date()');
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random|performance\.now)$/.test(node.getText()))
      say(node.getText());
    if (ts.isIdentifier(node) && /^(fetch|setTimeout|setInterval|process|console)$/.test(node.text) && !isLocal(node)) {
      const owned = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
      const named = ts.isPropertyAssignment(node.parent) || ts.isPropertySignature(node.parent);
      if (!owned && !named) say(node.text);
    }
  });
  return found;
}

/** A parameter or variable of the same name hides the global one. */
function isLocal(node: ts.Identifier): boolean {
  let hidden = false;
  visit(tree(node.getSourceFile().fileName), (other) => {
    if (
      (ts.isParameter(other) || ts.isVariableDeclaration(other) || ts.isBindingElement(other)) &&
      other.name.getText() === node.text
    )
      hidden = true;
  });
  return hidden;
}

describe('one owner per effect', () => {
  const using = (name: string, owners: readonly string[]): string[] =>
    program
      .filter((file) => !owners.some((owner) => file.startsWith(owner)))
      .flatMap((file) => {
        const found: string[] = [];
        visit(tree(file), (node) => {
          if (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === name)
            found.push(`${file}:${lineOf(file, node.getStart())} ${name}`);
        });
        return found;
      });

  it('every process starts in os/spawn.ts', () => {
    const found = program
      .flatMap(importsOf)
      .filter(({ target, typeOnly }) => !typeOnly && /^(node:)?(child_process|cluster)$/.test(target));
    expect(found.map(({ file }) => file)).toEqual(['src/os/spawn.ts']);
  });

  it('only the sandbox, agents, the server and runs in the background start processes that go on', () => {
    expect(
      using('startProcess', ['src/sandbox/', 'src/agents/', 'src/server/', 'src/os/', 'src/cli/detach.ts']),
    ).toEqual([]);
  });

  it('only workspace/command.ts starts git', () => {
    const found = program.filter((file) => /\b(captureOutput|captureSync|startProcess)\(\s*'git'/.test(text(file)));
    expect(found).toEqual(['src/workspace/command.ts']);
    expect(using('gitText', ['src/workspace/', 'src/audit/'])).toEqual([]);
    expect(using('gitBytes', ['src/workspace/', 'src/audit/'])).toEqual([]);
  });

  it('only app/open-lab.ts, and app/record-annotations.ts between sessions, open a ledger for writing; only src/ledger writes its file', () => {
    const openers = ['src/app/open-lab.ts', 'src/app/record-annotations.ts', 'src/ledger/', 'src/testing/'];
    expect(using('openLedger', openers)).toEqual([]);
    expect(using('takeLock', ['src/ledger/'])).toEqual([]);
  });

  it('only servers listen: dashboard, MCP, the gateway of the agents, and the probe that proves the network is shut from inside', () => {
    const owners = ['src/server/', 'src/mcp/', 'src/agents/gateway/', 'src/agents/inside.ts', 'src/sandbox/probe.ts'];
    const found = program.filter((file) => /\.listen\(/.test(text(file)) && !owners.some((at) => file.startsWith(at)));
    expect(found).toEqual([]);
  });

  it('tests replace nothing of our own', () => {
    const own = [...below('src', '.test.ts'), ...below('tests', '.ts')].filter(isTest);
    expect(own.filter((file) => /\bvi\.(mock|doMock|stubGlobal|spyOn)\(/.test(text(file)))).toEqual([]);
  });
});
