/**
 * Checks the content of a request to a model against the lists of allowed-content.ts and makes the request that is sent
 * instead: only known fields, only tools that the agent runs itself, no address that the provider would fetch. Pure. It
 * does NOT look at texts: an agent may tell a model anything that it can read.
 */
import { oneLine } from '../../base/text.ts';
import {
  ALLOWED_CONTENT,
  type AllowedContent,
  ANTHROPIC_SOURCES,
  FREE_KEYS,
  GEMINI_PART_FIELDS,
  PLAIN_TIERS,
  SEARCHING_MODELS,
  TOOL_CHOICES,
} from './allowed-content.ts';
import { type Api, asFields, asList, type Fields, modelOf } from './apis.ts';

export type CheckedRequest =
  /** `leftOut` are the fields that were not passed on. */
  | { readonly isAllowed: true; readonly body: Fields; readonly leftOut: readonly string[] }
  /** `refusal` is for people: what was asked for. */
  | { readonly isAllowed: false; readonly refusal: string };

type Complain = (kind: keyof typeof COMPLAINTS, detail: string) => void;

const COMPLAINTS = {
  tool: "tools on the provider's machines",
  source: 'sources that the provider would fetch',
  field: 'fields that reach beyond this conversation',
  content: 'content that the gateway does not know',
  model: 'a model that searches the web by itself',
} as const;

export function checkContent(api: Api, requestPath: string, requestBody: Fields): CheckedRequest {
  const allowed = ALLOWED_CONTENT[api];
  const complaints = new Map<keyof typeof COMPLAINTS, Set<string>>();
  const complain: Complain = (kind, detail) => {
    const details = complaints.get(kind) ?? new Set();
    complaints.set(kind, details);
    if (details.size < 5) details.add(oneLine(detail, 80));
  };
  const model = modelOf(api, requestPath, requestBody);
  if (SEARCHING_MODELS.test(model)) complain('model', model);
  const kept: [string, unknown][] = [];
  const leftOut: string[] = [];
  for (const [fieldName, value] of Object.entries(requestBody)) {
    if (allowed.refusedFields.has(fieldName)) {
      if (asksForSomething(value)) complain('field', fieldName);
    } else if (!allowed.fields.has(fieldName) || isDearTier(fieldName, value)) leftOut.push(oneLine(fieldName, 40));
    else kept.push([fieldName, checkField(api, fieldName, value, complain)]);
  }
  if (complaints.size === 0) return { isAllowed: true, body: Object.fromEntries(kept), leftOut };
  const refusal = [...complaints].map(([kind, details]) => `${COMPLAINTS[kind]} (${[...details].join(', ')})`);
  return { isAllowed: false, refusal: refusal.join('; ') };
}

/** Clients send empty fields for what they do not use. */
const asksForSomething = (value: unknown): boolean =>
  value !== null && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);

const isDearTier = (fieldName: string, value: unknown): boolean =>
  (fieldName === 'service_tier' || fieldName === 'speed') && !PLAIN_TIERS.has(String(value));

function checkField(api: Api, fieldName: string, value: unknown, complain: Complain): unknown {
  const allowed = ALLOWED_CONTENT[api];
  if (fieldName === 'tools') return value === null ? [] : checkTools(api, allowed, value, complain);
  if (fieldName === 'tool_choice') checkToolChoice(value, complain);
  if (allowed.conversation.has(fieldName)) {
    if (api !== 'gemini') for (const entry of asList(value)) checkHasKind(entry, complain);
    checkConversation(api, allowed, value, complain);
  }
  if (/^generate_?content_?request$/i.test(fieldName)) {
    // countTokens of Gemini: a whole request within the request
    const inner = checkContent(api, '', asFields(value));
    if (inner.isAllowed) return inner.body;
    complain('content', inner.refusal);
  }
  return value;
}

/** A choice can only name a tool that was offered, so this refuses what would be meaningless anyway. */
function checkToolChoice(value: unknown, complain: Complain): void {
  const { type } = asFields(value);
  if (type !== undefined && !TOOL_CHOICES.has(String(type))) complain('tool', String(type));
}

function checkTools(api: Api, allowed: AllowedContent, value: unknown, complain: Complain): readonly unknown[] {
  if (!Array.isArray(value)) complain('tool', 'tools that are no list');
  return asList(value).map((toolValue) => {
    const tool = asFields(toolValue);
    if (api === 'gemini') return checkGeminiTool(tool, allowed, complain);
    if (!isAllowedTool(api, allowed, tool)) complain('tool', nameOfTool(tool));
    const keptFields = Object.entries(tool).filter(([key]) => allowed.toolFields.has(key));
    return Object.fromEntries(
      // Codex groups functions by their origin: a list of tools within a tool.
      keptFields.map(([key, inner]) => [key, key === 'tools' ? checkTools(api, allowed, inner, complain) : inner]),
    );
  });
}

function isAllowedTool(api: Api, allowed: AllowedContent, tool: Fields): boolean {
  if (api === 'anthropic') {
    if (tool.type === undefined) return typeof tool.name === 'string' && tool.input_schema !== undefined;
    return typeof tool.type === 'string' && allowed.toolTypes.has(tool.type);
  }
  if (typeof tool.type !== 'string' || !allowed.toolTypes.has(tool.type)) return false;
  if (api === 'chat') return typeof tool[tool.type] === 'object';
  // These two exist in two forms: run by the client, or in a container of the provider.
  if (tool.type === 'shell') return asFields(tool.environment).type === 'local';
  if (tool.type === 'tool_search') return tool.execution === 'client';
  return true;
}

/** One object of Gemini may name several tools, each by a key. */
function checkGeminiTool(tool: Fields, allowed: AllowedContent, complain: Complain): Fields {
  for (const key of Object.keys(tool)) if (!allowed.toolFields.has(key)) complain('tool', key);
  return tool;
}

const nameOfTool = (tool: Fields): string =>
  typeof tool.type === 'string' ? tool.type : typeof tool.name === 'string' ? `${tool.name} without a type` : 'unnamed';

/** Look at every object of the conversation that is not free-form. */
function checkConversation(api: Api, allowed: AllowedContent, value: unknown, complain: Complain): void {
  if (Array.isArray(value)) {
    for (const entry of value) checkConversation(api, allowed, entry, complain);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const item = value as Fields;
  checkSpelling(item, complain);
  if (api === 'gemini') checkGeminiParts(item, complain);
  else checkKind(api, allowed, item, complain);
  for (const [key, inner] of Object.entries(item)) {
    if (key === 'tools') checkTools(api, allowed, inner, complain);
    else if (!FREE_KEYS.has(key)) {
      for (const text of [inner].flat()) if (typeof text === 'string') checkSource(item, key, text, complain);
      checkConversation(api, allowed, inner, complain);
    }
  }
}

/** Some servers read names without regard to case: two spellings of one name would be read differently there. */
function checkSpelling(item: Fields, complain: Complain): void {
  const keys = Object.keys(item);
  if (new Set(keys.map(plainSpelling)).size < keys.length) complain('content', `one name twice: ${keys.join(', ')}`);
}

const plainSpelling = (key: string): string => key.toLowerCase().replace(/[_-]/g, '');

function checkKind(api: Api, allowed: AllowedContent, item: Fields, complain: Complain): void {
  if ('source' in item && typeof item.source === 'object' && item.source !== null) {
    const sourceKind = String(asFields(item.source).type);
    if (!ANTHROPIC_SOURCES.has(sourceKind)) complain('source', `a source of type ${sourceKind}`);
  }
  for (const key of Object.keys(item))
    if (key !== 'type' && plainSpelling(key) === 'type') complain('content', `"${key}" for "type"`);
  const parts = api === 'responses' ? [item.content, item.output, item.summary] : [item.content];
  for (const part of parts.flatMap(asList)) checkHasKind(part, complain);
  if (item.type === undefined || isPlainPlace(item)) return;
  if (typeof item.type !== 'string' || !allowed.kinds.has(item.type)) complain('content', `type ${String(item.type)}`);
}

function checkHasKind(part: unknown, complain: Complain): void {
  const { type, role } = asFields(part);
  if (type === undefined && role === undefined) complain('content', 'a part without a type');
}

/** Objects whose `type` says nothing about content: how a part is cached, how a shell ended. */
const isPlainPlace = (item: Fields): boolean =>
  item.type === 'ephemeral' || item.type === 'exit' || item.type === 'timeout' || item.type === 'direct';

function checkGeminiParts(item: Fields, complain: Complain): void {
  for (const part of [item.parts].flat())
    // Google reads a single part in place of a list
    for (const key of Object.keys(asFields(part)))
      if (!GEMINI_PART_FIELDS.has(key))
        complain(/file/i.test(key) ? 'source' : 'content', `the part ${oneLine(key, 40)}`);
}

/** An address is only allowed where it holds the bytes itself (`data:`). */
function checkSource(item: Fields, key: string, value: string, complain: Complain): void {
  const name = plainSpelling(key);
  if (value === '') return;
  if (/ur[li]s?$/.test(name) && !/^data:/i.test(value)) complain('source', `${key} ${value}`);
  else if (/^(file|container|upload|vectorstore)ids?$/.test(name)) complain('source', `${key} ${value}`);
  // Some servers take an address where the reference says bytes.
  else if (
    /^(data|filedata|source|image|audio|video|file|bytes)$/.test(name) &&
    item.type !== 'text' &&
    isAddress(value)
  )
    complain('source', `${key} ${value}`);
}

const isAddress = (value: string): boolean => /^\s*([a-z][a-z0-9+.-]*:)?\/\//i.test(value.slice(0, 200));
