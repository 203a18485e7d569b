/** Which keys the manifest knows at a place: read from its schema, for messages about a key that it does not know. */
import { z } from 'zod';
import { suggestionFor } from '../base/did-you-mean.ts';

/** `unknown key: metrc (Did you mean \`metric\`?)`. */
export function unknownKeyText(schema: z.ZodType, path: readonly PropertyKey[], keys: readonly string[]): string {
  const knownKeys = keysOf(schemasAt([schema], path));
  return keys.map((key) => `unknown key: ${key}${suggestionFor(key, knownKeys)}`).join('; ');
}

/** Every schema that may stand at a path; several where there is a choice. */
function schemasAt(schemas: readonly z.ZodType[], path: readonly PropertyKey[]): readonly z.ZodType[] {
  const [segment, ...rest] = path;
  if (segment === undefined) return schemas;
  const inner = schemas.flatMap(unwrap).flatMap((schema): readonly z.ZodType[] => {
    if (schema instanceof z.ZodObject) {
      const child = (schema.shape as Record<PropertyKey, z.ZodType>)[segment];
      return child ? [child] : [];
    }
    return schema instanceof z.ZodArray ? [schema.element as z.ZodType] : [];
  });
  return schemasAt(inner, rest);
}

const keysOf = (schemas: readonly z.ZodType[]): readonly string[] => [
  ...new Set(
    schemas.flatMap(unwrap).flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])),
  ),
];

/** Without defaults and the like; the members of a union. */
function unwrap(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodUnion) return (schema.options as readonly z.ZodType[]).flatMap(unwrap);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.def.innerType as z.ZodType);
  return [schema];
}
