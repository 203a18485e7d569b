/**
 * The libraries of the built-in agent. They are larger than all other dependencies together and only some people need
 * them, so they are optional: a person who wants this agent installs them beside Overnight.
 */
import { createRequire } from 'node:module';
import { LabError } from '../base/error.ts';

export type Provider = 'anthropic' | 'openai' | 'compatible' | 'bedrock';

/**
 * The packages of each provider, with the major versions that this release is tested with, as `npm install` takes them.
 */
export const MODEL_PACKAGES: Readonly<Record<Provider, readonly string[]>> = {
  anthropic: ['ai@6', '@ai-sdk/anthropic@3'],
  openai: ['ai@6', '@ai-sdk/openai@3'],
  compatible: ['ai@6', '@ai-sdk/openai-compatible@2'],
  bedrock: ['ai@6', '@ai-sdk/amazon-bedrock@4'],
};

/** Throws E_AGENT, with the command that installs them, when a provider's libraries cannot be found from `file`. */
export function requireModelPackages(provider: Provider, file: string = import.meta.url): void {
  const { resolve } = createRequire(file);
  const missing = MODEL_PACKAGES[provider].filter((spec) => !isInstalled(spec.replace(/@\d+$/, ''), resolve));
  if (missing.length === 0) return;
  throw new LabError('E_AGENT', {
    what: `The built-in agent lacks its libraries for ${provider}.`,
    why: `${missing.map((spec) => spec.replace(/@\d+$/, '')).join(' and ')} must be installed beside Overnight, and ${missing.length === 1 ? 'is' : 'are'} not.`,
    next: `Run \`npm install ${missing.join(' ')}\` where Overnight is installed (with -g if it is so), or let another agent or the optimizer propose.`,
  });
}

function isInstalled(name: string, resolve: NodeJS.RequireResolve): boolean {
  try {
    resolve(name);
    return true;
  } catch (thrown) {
    // Another code means that the package is installed but cannot be loaded by `require`.
    return (thrown as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
}
