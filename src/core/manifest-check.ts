/** What is wrong with a manifest: against its schema, within itself, and against the files that are there. */
import { unknownKeyText } from './manifest-keys.ts';
import { parseComparison } from './admission/knob-rules.ts';
import { isExclusion, roleOf, matchingFiles } from './file-roles.ts';
import { arenaSchema, type Arena, type Knob } from './arena.ts';
import { checkModelRules, mayUseModels } from './model-rules.ts';
import { checkVendoredData, dataFolderOf, withDefaultHidden } from './vendored-data.ts';

/** One thing wrong with a manifest: where, what, and the value that was seen. */
export interface ManifestProblem {
  readonly at: string;
  readonly message: string;
}

/** Validate parsed YAML. Never throws. */
export function parseArena(
  value: unknown,
): { readonly arena: Arena } | { readonly problems: readonly ManifestProblem[] } {
  const parsed = arenaSchema.safeParse(value);
  if (parsed.success) {
    const problems = crossCheck(parsed.data);
    const saysHidden = Object.hasOwn(value as object, 'hidden');
    return problems.length > 0 ? { problems } : { arena: withDefaultHidden(parsed.data, saysHidden) };
  }
  return {
    problems: parsed.error.issues.map((issue) => ({
      at: issue.path.join('.') || '(top level)',
      message:
        issue.code === 'unrecognized_keys'
          ? unknownKeyText(arenaSchema, issue.path, issue.keys)
          : withSeenValue(issue.message, value, issue.path),
    })),
  };
}

function withSeenValue(message: string, value: unknown, path: readonly PropertyKey[]): string {
  let seen: unknown = value;
  for (const segment of path)
    seen = seen !== null && typeof seen === 'object' ? (seen as Record<PropertyKey, unknown>)[segment] : undefined;
  if (seen === undefined) return message.includes('received undefined') ? 'this key is required and missing' : message;
  return `${message} (seen: ${JSON.stringify(seen)?.slice(0, 80)})`;
}

function crossCheck(arena: Arena): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const knobKeys = new Set<string>();
  for (const [i, knob] of arena.knobs.entries()) {
    const knobKey = `${knob.file}:${knob.name}`;
    if (knobKeys.has(knobKey)) problems.push({ at: `knobs.${i}`, message: `a second knob on the constant ${knobKey}` });
    knobKeys.add(knobKey);
    const parentKnob = arena.knobs.slice(0, i).find((earlierKnob) => earlierKnob.name === knob.when?.knob);
    if (knob.when && !parentKnob)
      problems.push({ at: `knobs.${i}.when`, message: `no knob above is ${knob.when.knob}` });
    const impossible = parentKnob && knob.when!.in.find((value) => !allowsValue(parentKnob, value));
    if (impossible !== undefined)
      problems.push({ at: `knobs.${i}.when`, message: `${parentKnob!.name} cannot be ${JSON.stringify(impossible)}` });
  }
  problems.push(...checkKnobRules(arena));
  problems.push(...checkBudget(arena));
  if (arena.screen && arena.screen.seconds >= arena.budget.seconds)
    problems.push({
      at: 'screen.seconds',
      message: `must be below budget.seconds (${arena.budget.seconds}), seen: ${arena.screen.seconds}`,
    });
  if (arena.screen?.one_in !== undefined && arena.screen.ranks !== true)
    problems.push({ at: 'screen.one_in', message: 'means nothing without `ranks: true`' });
  if (arena.screen && arena.evaluate?.join === 'pipe')
    problems.push({ at: 'screen', message: 'candidates that are joined with their evaluator cannot run alone' });
  const shared = arena.data.candidate.filter((entry) => arena.data.evaluator.includes(entry));
  if (shared.length > 0)
    problems.push({ at: 'data', message: `named for candidates and as evaluator-only: ${shared.join(', ')}` });
  if (arena.data.from !== undefined && arena.prepare)
    problems.push({ at: 'data.from', message: 'does not go with `prepare`: one of the two makes the data' });
  problems.push(...checkHoldout(arena), ...checkItems(arena), ...checkMetric(arena), ...checkModel(arena));
  const { min, max } = arena.metric.plausible ?? {};
  if (min !== undefined && max !== undefined && min >= max)
    problems.push({ at: 'metric.plausible', message: `min ${min} is not below max ${max}` });
  return problems;
}

function checkModel({ model, evaluate }: Arena): ManifestProblem[] {
  if (!model) return [];
  const problems = checkModelRules(model).map(({ at, message }) => ({ at: `model.${at}`, message }));
  return evaluate || !mayUseModels(model, 'evaluator')
    ? problems
    : [...problems, { at: 'model.for', message: `is ${model.for}, and there is no \`evaluate\` command` }];
}

function checkKnobRules(arena: Arena): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  for (const [i, ruleText] of (arena.knob_rules ?? []).entries()) {
    const comparison = parseComparison(ruleText);
    const unknownName =
      'names' in comparison
        ? comparison.names.find((knobName) => !arena.knobs.some((knob) => knob.name === knobName))
        : '';
    const message = 'problem' in comparison ? comparison.problem : unknownName && `there is no knob ${unknownName}`;
    if (message) problems.push({ at: `knob_rules.${i}`, message: `"${ruleText}": ${message}` });
  }
  return problems;
}

function checkMetric({ metric, evaluate, decide, holdout }: Arena): ManifestProblem[] {
  if (!evaluate)
    return metric.taken_by === undefined
      ? []
      : [{ at: 'metric.taken_by', message: 'means nothing without an `evaluate` command' }];
  if (metric.read === undefined) return [];
  const problem = (message: string): ManifestProblem[] => [{ at: 'metric.read', message }];
  if (typeof metric.read !== 'string')
    return problem(
      'with `evaluate` only wall_s, cpu_s and memory_mb, which the harness measures; other numbers are written by the evaluator',
    );
  if (metric.taken_by !== undefined)
    return [
      { at: 'metric.taken_by', message: `means nothing with \`metric.read: ${metric.read}\`: the harness takes it` },
    ];
  if (decide.rule === 'items')
    return problem('does not go with `decide.rule: items`, which adds up what the evaluator reports');
  if (holdout && evaluate.join === 'artefact')
    return problem('does not go with a holdout that scores an artefact: it would be the number of the same run');
  return [];
}

function checkHoldout({ holdout, evaluate, prepare, data }: Arena): ManifestProblem[] {
  if (!holdout) return [];
  if (!evaluate) return [{ at: 'holdout', message: 'needs an `evaluate` command: without one nothing is sealed' }];
  const problems: ManifestProblem[] = [];
  if (!holdout.data && !holdout.hidden)
    problems.push({ at: 'holdout', message: 'needs `data` or `hidden`: what it scores on and validation does not' });
  if (holdout.data && !prepare && data.from === undefined)
    problems.push({ at: 'holdout.data', message: 'needs `data.from` or a `prepare` command, which makes the split' });
  for (const [viewer, entries] of [
    ['candidates', data.candidate],
    ['the evaluator of validation', data.evaluator],
  ] as const) {
    const exposed = entries.filter((entry) => holdout.data?.includes(entry));
    if (exposed.length > 0) problems.push({ at: 'holdout.data', message: `${viewer} would see ${exposed.join(', ')}` });
  }
  return problems;
}

function checkItems({ decide, evaluate, penalties }: Arena): ManifestProblem[] {
  if (decide.rule !== 'items')
    return decide.items ? [{ at: 'decide.items', message: 'means nothing without `rule: items`' }] : [];
  const problems: ManifestProblem[] = [];
  if (!evaluate)
    problems.push({
      at: 'decide.rule',
      message: '`items` needs an `evaluate` command: only an evaluator reports items',
    });
  if (penalties && penalties.length > 0)
    problems.push({
      at: 'penalties',
      message: 'are not counted item by item, so `decide.rule: items` does not go with them',
    });
  return problems;
}

function checkBudget({ budget, resources }: Arena): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const isCpu = budget.clock === 'cpu';
  const shortestS = isCpu ? budget.seconds / resources.cpus : budget.seconds;
  if (budget.wall_s < shortestS)
    problems.push({
      at: 'budget.wall_s',
      message: `must be at least budget.seconds (${budget.seconds})${isCpu ? ` over the ${resources.cpus} cores` : ''}, seen: ${budget.wall_s}`,
    });
  if (isCpu && resources.gpus > 0)
    problems.push({
      at: 'budget.clock',
      message: `processor time does not count what ${resources.gpus === 1 ? 'a GPU does' : 'GPUs do'}; use the wall clock`,
    });
  return problems;
}

function allowsValue(knob: Knob, value: string | number): boolean {
  if (knob.kind === 'choice') return knob.values.includes(value);
  return typeof value === 'number' && value >= knob.range[0] && value <= knob.range[1];
}

/**
 * What is wrong between a manifest and the files that are there: globs without a match, overlaps, knobs in frozen
 * files.
 */
export function checkFiles(arena: Arena, files: readonly string[]): ManifestProblem[] {
  const problems: ManifestProblem[] = checkVendoredData(arena, files);
  const dataGlob = `${dataFolderOf(arena)}/**`; // of an empty folder, which is said already
  const groups = [
    ['editable', arena.editable],
    ['frozen', arena.frozen],
    ['hidden', arena.hidden],
    ['setup.key', arena.setup?.key ?? []],
    ['holdout.hidden', arena.holdout?.hidden ?? []],
  ] as const;
  for (const [manifestKey, patterns] of groups) {
    for (const pattern of patterns) {
      if (pattern !== dataGlob && matchingFiles([pattern.replace(/^!/, '')], files).length === 0)
        problems.push({ at: manifestKey, message: `"${pattern}" matches none of the ${files.length} files` });
    }
    if (patterns.length > 0 && patterns.every(isExclusion))
      problems.push({
        at: manifestKey,
        message: 'has only patterns that exclude files (with `!`); name the others too',
      });
  }
  const editable = matchingFiles(arena.editable, files);
  for (const [manifestKey, patterns] of [groups[1], groups[2]]) {
    const overlap = matchingFiles(patterns, editable);
    if (overlap.length > 0)
      problems.push({
        at: manifestKey,
        message: `overlaps editable in ${overlap.slice(0, 3).join(', ')}${overlap.length > 3 ? ', …' : ''}`,
      });
  }
  const roleOfPath = roleOf(arena);
  const open = matchingFiles(arena.holdout?.hidden ?? [], files).filter((file) => roleOfPath(file) !== 'hidden');
  if (open.length > 0)
    problems.push({ at: 'holdout.hidden', message: `${open.slice(0, 3).join(', ')} is not among the hidden files` });
  for (const [i, knob] of arena.knobs.entries()) {
    if (!files.includes(knob.file)) problems.push({ at: `knobs.${i}.file`, message: `there is no file ${knob.file}` });
    else if (roleOfPath(knob.file) !== 'editable')
      problems.push({ at: `knobs.${i}.file`, message: `${knob.file} is not editable` });
  }
  return problems;
}
