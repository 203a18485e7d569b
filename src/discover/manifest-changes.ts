/** Changes of arena.yaml that `overnight doctor --write` makes: the text stays as it is, with its remarks. */
import { Document, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar, YAMLMap } from 'yaml';

/** A change that cures a failed measurement. */
export type Change =
  | { readonly key: 'sandbox.read' | 'sandbox.home' | 'sandbox.installed'; readonly add: readonly string[] }
  | { readonly key: 'run.writable'; readonly value: true }
  | { readonly key: 'resources.gpus'; readonly value: number }
  | { readonly key: 'budget.seconds'; readonly value: number }
  | { readonly key: 'run.command'; readonly value: string };

/** A change of a manifest: a cure of a failed measurement, or what makes a working one better. */
export type ManifestChange =
  | Change
  | { readonly key: 'metric.read'; readonly value: 'cpu_s' }
  | { readonly key: 'budget.clock'; readonly value: 'cpu' }
  | { readonly key: 'decide.rule'; readonly value: 'paired' }
  | { readonly key: 'resources.cpus' | 'resources.memory_mb'; readonly value: number };

export const describeChange = (change: ManifestChange): string =>
  'add' in change ? `${change.key}: [${change.add.join(', ')}]` : `${change.key}: ${change.value}`;

/** The manifest with the changes made. Lists grow, other values are replaced. Nothing else is written anew. */
export function applyChanges(manifestText: string, changes: readonly ManifestChange[]): string {
  return changes.reduce(applyChange, manifestText);
}

function applyChange(manifestText: string, change: ManifestChange): string {
  const document = parseDocument(manifestText);
  const [section, key] = change.key.split('.') as [string, string];
  const value = 'add' in change ? grownList(document, section, key, change.add) : change.value;
  const pair = isMap(document.contents) ? document.contents.items.find((item) => nameOf(item) === section) : undefined;
  if (!pair || !isMap(pair.value)) {
    const added = new Document({ [section]: { [key]: value } }).toString({ lineWidth: 0 });
    return `${manifestText.trimEnd()}\n${added}`;
  }
  const sectionKey = pair.key as Scalar;
  const [start] = sectionKey.range!;
  const end = pair.value.range![1];
  document.setIn([section, key], value);
  // What stands before the start and behind the end stays where it is.
  sectionKey.commentBefore = null;
  sectionKey.spaceBefore = false;
  pair.value.comment = null;
  const changed = new Document();
  changed.contents = new YAMLMap() as typeof changed.contents;
  (changed.contents as unknown as YAMLMap).items.push(pair);
  const text = changed.toString({ lineWidth: 0, flowCollectionPadding: pair.value.flow === true }).trimEnd();
  return `${manifestText.slice(0, start)}${text}${manifestText[end - 1] === '\n' ? '\n' : ''}${manifestText.slice(end)}`;
}

const nameOf = (pair: { readonly key: unknown }): unknown => (isScalar(pair.key) ? pair.key.value : undefined);

function grownList(document: Document, section: string, key: string, added: readonly string[]): Node {
  const present: unknown = document.getIn([section, key]);
  const entries = isSeq(present) ? (present.toJSON() as string[]) : [];
  const grown: Node = document.createNode([...new Set([...entries, ...added])], { flow: true });
  if (isSeq(present)) grown.comment = present.comment ?? null;
  return grown;
}
