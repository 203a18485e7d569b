/** What goes out: pinned versions, one version number, nothing of the machine it was written on, nothing half done. */
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { below, importsOf, isTest, program, text, tracked } from './source.ts';

type Manifest = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
const manifests = tracked.filter((file) => /(^|\/)package\.json$/.test(file));
/** Another project's code, as it is. */
const THEIR_CODE = 'arenas/template-speed/liquid.mjs';
const isText = (file: string): boolean => !/\.(png|jpg|onnx|bin|gz|woff2?|whl)$/.test(file);

describe('the package', () => {
  it('pins every dependency to one version', () => {
    const loose = manifests.flatMap((file) => {
      const manifest = JSON.parse(text(file)) as Manifest;
      const all = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
      return all
        .flatMap((group) => Object.entries(group ?? {}))
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${file}: ${name} ${version}`);
    });
    expect(loose).toEqual([]);
  });

  it('has one version number', () => {
    expect(VERSION).toBe((JSON.parse(text('package.json')) as { version: string }).version);
  });

  it('needs nothing at run time that no file imports, and imports nothing that it does not name', () => {
    const { dependencies, peerDependencies } = JSON.parse(text('package.json')) as Record<string, object>;
    const named = Object.keys({ ...dependencies, ...peerDependencies }).sort();
    const used = program.flatMap((file) => importsOf(file).map(({ target }) => target));
    const outside = used.filter((name) => !/^(src\/|node:)/.test(name));
    const packages = outside.map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
    expect([...new Set(packages)].sort()).toEqual(named);
  });

  it('loads optional peers only when they are asked for', () => {
    const { peerDependencies } = JSON.parse(text('package.json')) as Record<string, object>;
    const peers = Object.keys(peerDependencies!);
    const statically = program.flatMap((file) =>
      importsOf(file)
        .filter(({ target, typeOnly, isDynamic }) => peers.includes(target) && !typeOnly && !isDynamic)
        .map(({ target }) => `${file}: ${target}`),
    );
    expect(statically).toEqual([]);
  });

  it('holds no path of the machine it was written on', () => {
    const found = tracked
      .filter(isText)
      .flatMap((file) => (/(?<![\w./~-])\/(?:root|work)\/\w/.test(text(file)) ? [file] : []));
    expect(found).toEqual([]);
  });

  it('leaves nothing half done', () => {
    const mark = new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X'].join(''));
    expect(
      tracked.filter(
        (file) => isText(file) && /\.(ts|mjs|sh|md|yaml)$/.test(file) && file !== THEIR_CODE && mark.test(text(file)),
      ),
    ).toEqual([]);
  });

  it('skips no test silently and runs none alone', () => {
    const tests = [...below('src', '.ts'), ...below('tests', '.ts'), ...below('arenas', '.ts')].filter(isTest);
    expect(tests.filter((file) => /\b(it|describe|test)\.(only|todo)\b/.test(text(file)))).toEqual([]);
  });

  it('has a generated page of its commands that is up to date', async () => {
    // As one line: the formatter wraps it.
    const page = text('docs/cli.md').replace(/\s+/g, ' ');
    const { COMMANDS } = await import('../../src/cli/spec.ts');
    const { flagsOf } = await import('../../src/cli/command.ts');
    for (const { name, summary, options } of COMMANDS) {
      expect(page).toContain(`## ${name} `);
      expect(page.toLowerCase()).toContain(summary.toLowerCase());
      for (const [key, option] of Object.entries(options)) {
        const flags = flagsOf(key, option);
        expect(page, `${name} ${flags}`).toContain(flags);
        expect(option.text.length, `${name} ${flags}: ${option.text}`).toBeLessThanOrEqual(80);
      }
    }
  });
});
