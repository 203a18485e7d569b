import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { MODEL_PACKAGES, requireModelPackages } from './model-packages.ts';

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  devDependencies: Record<string, string>;
};

describe('the libraries of the built-in agent', () => {
  it('are found where they are installed', () => {
    for (const provider of ['anthropic', 'openai', 'compatible', 'bedrock'] as const)
      expect(() => requireModelPackages(provider)).not.toThrow();
  });

  it('are named with the command that installs them where they are not', () => {
    const nowhere = join(tmpdir(), 'nothing-is-installed-here', 'program.js');
    const thrown = (() => {
      try {
        requireModelPackages('anthropic', nowhere);
      } catch (error) {
        return error;
      }
    })() as LabError;
    expect(thrown.code).toBe('E_AGENT');
    expect(thrown.parts.why).toBe('ai and @ai-sdk/anthropic must be installed beside Overnight, and are not.');
    expect(thrown.parts.next).toContain('`npm install ai@6 @ai-sdk/anthropic@3`');
  });

  it('are optional peers of the versions that the tests run with', () => {
    const specs = new Set(Object.values(MODEL_PACKAGES).flat());
    const majorOf = (name: string): string => manifest.devDependencies[name]!.split('.')[0]!;
    const peers = Object.keys(manifest.peerDependencies);
    expect(peers.map((name) => `${name}@${majorOf(name)}`).sort()).toEqual([...specs].sort());
    expect(peers.filter((name) => manifest.peerDependencies[name] !== `^${manifest.devDependencies[name]}`)).toEqual(
      [],
    );
    expect(peers.filter((name) => manifest.peerDependenciesMeta[name]?.optional !== true)).toEqual([]);
  });
});
