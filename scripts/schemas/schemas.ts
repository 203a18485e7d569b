/** All schemas that the package publishes, by file name. Versioned by what they describe; see docs/ledger.md. */
import * as path from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import { arenaSchema } from '../../src/core/arena.ts';
import { EVENT_VERSION } from '../../src/core/event.ts';
import { inboxEntrySchema } from '../../src/core/requests.ts';
import { OWN_METRICS } from '../../src/core/outcome.ts';
import { type Schema, TypeSchemas } from './from-types.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
/** Version of the views that `--json` prints. */
const VIEW_VERSION = 1;
/** Version of the protocol between harness and arena, and of the manifest. */
const ARENA_VERSION = 1;

const sourceFile = (name: string): string => path.join(ROOT, 'src', name);
const ROOT_FILES = ['core/event.ts', 'view/types.ts'].map(sourceFile);

/** File names below schemas/, with their content. */
export function publishedSchemas(): ReadonlyMap<string, Schema> {
  const program = ts.createProgram(ROOT_FILES, compilerOptions());
  const entries: readonly Schema[] = [
    ledgerSchema(program),
    arenaFileSchema(),
    inboxSchema(),
    resultSchema(),
    viewSchema(program, 'LabView', 'lab', 'What `overnight status --json` prints, and what reports are drawn from.'),
    viewSchema(
      program,
      'ExperimentView',
      'experiment',
      'A line of `overnight log --json` and of `overnight export --format jsonl`.',
    ),
  ];
  return new Map(entries.map((schema) => [fileNameOf(schema), schema]));
}

const headOf = (name: string, version: number, title: string): Schema => ({
  $schema: DIALECT,
  $id: `urn:overnight:schema:${name}:v${version}`,
  title,
});

function fileNameOf({ $id }: Schema): string {
  const [, name, version] = /^urn:overnight:schema:(.+):(v\d+)$/.exec($id as string)!;
  return `${name}.${version}.schema.json`;
}

function compilerOptions(): ts.CompilerOptions {
  const configFile = path.join(ROOT, 'tsconfig.json');
  const { config } = ts.readConfigFile(configFile, ts.sys.readFile) as { config: object };
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options, noEmit: true, incremental: false };
}

function ledgerSchema(program: ts.Program): Schema {
  const types = new TypeSchemas(program);
  const envelope = types.objectSchema(types.exportedType(sourceFile('core/event.ts'), 'Envelope'), 'Envelope');
  const envelopeProperties = {
    ...(envelope.properties as Record<string, Schema>),
    seq: { type: 'integer', minimum: 0, description: 'Number of the line, without gaps.' },
    t: { type: 'string', format: 'date-time', description: 'Wall time in UTC.' },
    v: { const: EVENT_VERSION, description: 'Version of the event’s meaning.' },
    prev: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the bytes of the line before.' },
  };
  const events = types.membersOf(types.exportedType(sourceFile('core/event.ts'), 'EventDraft')).map((member) => {
    const event = types.objectSchema(member, 'event');
    const properties = event.properties as Record<string, Schema>;
    const type = properties.type!.const as string;
    if (type === 'lab.opened') properties.arena = recordedArena();
    const required = [...Object.keys(envelopeProperties), ...(event.required as string[])];
    return [type, { ...event, properties: { ...envelopeProperties, ...properties }, required }] as const;
  });
  const names = events.map(([type]) => `event.${type}`);
  return {
    ...headOf('ledger', EVENT_VERSION, 'A line of ledger.jsonl'),
    type: 'object',
    required: ['type'],
    oneOf: names.map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: { ...Object.fromEntries(events.map(([type, schema]) => [`event.${type}`, schema])), ...types.definitions },
  };
}

/** The manifest as it stands in a ledger: of any release, so keys may be more or fewer than today's. */
function recordedArena(): Schema {
  return {
    type: 'object',
    description: 'The manifest as it was validated by the release that opened the lab: see the schema of arena.yaml.',
    properties: {
      overnight: { const: 1 },
      name: { type: 'string' },
      metric: { type: 'object' },
      editable: { type: 'array', items: { type: 'string' } },
      run: { type: 'object' },
      budget: { type: 'object' },
      decide: { type: 'object' },
    },
    required: ['overnight', 'name', 'metric', 'editable', 'run', 'budget'],
  };
}

const arenaFileSchema = (): Schema => ({
  ...headOf('arena', ARENA_VERSION, 'arena.yaml, the manifest of an arena'),
  ...withoutDialect(z.toJSONSchema(arenaSchema, { io: 'input', unrepresentable: 'any' })),
});

const inboxSchema = (): Schema => ({
  ...headOf('inbox', ARENA_VERSION, 'A file in the inbox of a lab: what a person, or somebody for them, asks of it'),
  ...withoutDialect(z.toJSONSchema(inboxEntrySchema, { io: 'input', unrepresentable: 'any' })),
});

function withoutDialect({ $schema: _, ...schema }: Schema): Schema {
  return schema;
}

/** The result file is `key: value` lines; this describes them as an object, each value as its text reads. */
const resultSchema = (): Schema => ({
  ...headOf('result', ARENA_VERSION, 'The lines of $OVERNIGHT_RESULT, as an object of numbers; samples as a list'),
  type: 'object',
  properties: {
    nonce: { type: 'string', minLength: 1, description: 'What $OVERNIGHT_NONCE holds.' },
    samples: { type: 'array', items: { type: 'number' }, description: 'Single values that the metric was made of.' },
  },
  required: ['nonce'],
  minProperties: 2,
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$', not: { enum: [...OWN_METRICS] } },
  additionalProperties: { type: 'number', description: 'The metric, or a secondary metric, by its name.' },
});

function viewSchema(program: ts.Program, typeName: string, name: string, title: string): Schema {
  const types = new TypeSchemas(program);
  const schema = types.objectSchema(types.exportedType(sourceFile('view/types.ts'), typeName), typeName);
  return { ...headOf(name, VIEW_VERSION, title), ...schema, $defs: types.definitions };
}
