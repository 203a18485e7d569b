/** Tools that an arena needs on the machine: how the manifest names them, which versions will do, how to get them. */
import { z } from 'zod';

const toolSchema = z
  .string()
  .regex(/^[A-Za-z0-9_+.-]+(\|[A-Za-z0-9_+.-]+)*$/, 'names of programs, `|` between those of which one is enough');

const COMPARISON = /^(>=|<=|>|<|=)\s*(\d+(?:\.\d+)*)$/;

const versionSchema = z.string().refine(
  (text) =>
    text
      .trim()
      .split(/\s+(?=[<>=])/)
      .every((part) => COMPARISON.test(part)),
  'comparisons with a space between them, such as `>=0.23` or `>=0.23 <1`',
);

export const requiresSchema = z
  .array(
    z.union([
      toolSchema,
      z.strictObject({
        tool: toolSchema,
        version: versionSchema.optional(),
        install: z.string().min(1).optional(),
        version_command: z.string().min(1).optional(),
      }),
    ]),
  )
  .describe(
    'programs that must be on this machine: `yosys`, `chromium|google-chrome`, or an object with `tool`, `version` (`>=0.23 <1`), `install` (a line that installs it) and `version_command` (arguments that print the version; `--version` when absent)',
  );

export interface RequiredTool {
  /** One of these is enough; the first that is there is used. */
  readonly names: readonly string[];
  readonly version?: string;
  /** A line for a person to type. */
  readonly install: string;
  /** Arguments that make the tool print its version. */
  readonly versionArgs: readonly string[];
}

export const requiredTools = (requires: z.infer<typeof requiresSchema> | undefined): readonly RequiredTool[] =>
  (requires ?? []).map((entry) => {
    const tool = typeof entry === 'string' ? { tool: entry } : entry;
    const names = tool.tool.split('|');
    return {
      names,
      install: tool.install ?? installLine(names),
      versionArgs: tool.version_command?.trim().split(/\s+/) ?? ['--version'],
      ...(tool.version !== undefined && { version: tool.version }),
    };
  });

/** Where a program has another package's name, or comes from another installer. */
const PACKAGES: Readonly<Record<string, { readonly apt?: string; readonly brew?: string; readonly npm?: string }>> = {
  cc: { apt: 'gcc libc6-dev', brew: 'gcc' },
  gcc: { apt: 'gcc libc6-dev', brew: 'gcc' },
  'google-chrome': { brew: '--cask google-chrome' },
  chromium: { apt: 'chromium', brew: '--cask chromium' },
  python3: { apt: 'python3', brew: 'python' },
  'nextpnr-ice40': { apt: 'nextpnr-ice40', brew: 'nextpnr-ice40' },
  iverilog: { apt: 'iverilog', brew: 'icarus-verilog' },
  psql: { apt: 'postgresql-client', brew: 'libpq' },
  Rscript: { apt: 'r-base-core', brew: 'r' },
  tsc: { npm: 'typescript' },
};

/** `apt-get install yosys (Debian), brew install yosys (macOS)`, of the first name that has a package. */
function installLine(names: readonly string[]): string {
  const name = names.find((candidate) => PACKAGES[candidate]?.apt) ?? names[0]!;
  const known = PACKAGES[name] ?? { apt: name, brew: name };
  return [
    known.apt && `apt-get install ${known.apt} (Debian, Ubuntu)`,
    known.brew && `brew install ${known.brew} (macOS)`,
    known.npm && `npm install -g ${known.npm}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** The first thing in a text that looks like a version: `Yosys 0.23 (git …)` is 0.23. */
export const versionIn = (text: string): string | undefined =>
  /(?<![\w.])v?(\d+(?:\.\d+)+|\d+)(?![\w])/.exec(text)?.[1];

/** Does a version satisfy all comparisons? Missing parts count as 0: 12 is 12.0.0. */
export function satisfiesVersion(version: string, comparisons: string): boolean {
  return comparisons
    .trim()
    .split(/\s+(?=[<>=])/)
    .every((part) => {
      const [, operator, bound] = COMPARISON.exec(part)!;
      const order = compareVersions(version, bound!);
      if (operator === '=') return order === 0 || version.startsWith(`${bound}.`);
      return operator!.includes('>') ? order > 0 || (operator === '>=' && order === 0) : isBelow(order, operator!);
    });
}

const isBelow = (order: number, operator: string): boolean => order < 0 || (operator === '<=' && order === 0);

function compareVersions(left: string, right: string): number {
  const [leftParts, rightParts] = [left, right].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(leftParts!.length, rightParts!.length); i++) {
    const difference = (leftParts![i] ?? 0) - (rightParts![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
