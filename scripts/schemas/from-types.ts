/**
 * JSON Schemas from the program's own TypeScript types, doc comments as descriptions. Knows the kinds of types that the
 * records and views use, and throws on any other: a schema that says less than the type would be no contract.
 */
import ts from 'typescript';

export type Schema = { [keyword: string]: unknown };

export class TypeSchemas {
  readonly #checker: ts.TypeChecker;
  readonly #program: ts.Program;
  readonly definitions: Record<string, Schema> = {};

  constructor(program: ts.Program) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
  }

  /** The type that a file exports under a name. */
  exportedType(file: string, name: string): ts.Type {
    const source = this.#program.getSourceFile(file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    const symbol = module && this.#checker.getExportsOfModule(module).find((found) => found.name === name);
    if (!symbol) throw new Error(`${file} exports no type ${name}`);
    return this.#checker.getDeclaredTypeOfSymbol(this.#resolve(symbol));
  }

  /** The members of a union. */
  membersOf(type: ts.Type): readonly ts.Type[] {
    return type.isUnion() ? type.types : [type];
  }

  /** The schema of an object type, in place. */
  objectSchema(type: ts.Type, where: string): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const symbol of this.#checker.getPropertiesOfType(type)) {
      const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
      const place = `${where}.${symbol.name}`;
      properties[symbol.name] = {
        ...this.schemaOf(this.#checker.getTypeOfSymbol(symbol), place),
        ...this.#wordsOf(symbol),
      };
      if (!isOptional) required.push(symbol.name);
    }
    const index = this.#checker.getIndexInfoOfType(type, ts.IndexKind.String);
    const others = index ? this.schemaOf(index.type, `${where}[]`) : false;
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      additionalProperties: others,
    };
  }

  schemaOf(type: ts.Type, where: string): Schema {
    const name =
      type.aliasSymbol?.name ?? (type.symbol?.flags & ts.SymbolFlags.Interface ? type.symbol.name : undefined);
    if (name === undefined || this.#isGeneric(type) || this.#isFromLibrary(type))
      return this.#inlineSchema(type, where);
    if (!(name in this.definitions)) {
      this.definitions[name] = {};
      const symbol = type.aliasSymbol ?? type.symbol;
      this.definitions[name] = { ...this.#inlineSchema(type, name), ...this.#wordsOf(symbol) };
    }
    return { $ref: `#/$defs/${name}` };
  }

  #inlineSchema(type: ts.Type, where: string): Schema {
    const { TypeFlags } = ts;
    if (type.flags & (TypeFlags.Unknown | TypeFlags.Any)) return {};
    if (type.flags & TypeFlags.String) return { type: 'string' };
    if (type.flags & TypeFlags.Number) return { type: 'number' };
    if (type.flags & TypeFlags.Boolean) return { type: 'boolean' };
    if (type.flags & TypeFlags.Null) return { type: 'null' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === 'true' };
    if (type.isUnion()) return this.#unionSchema(type, where);
    if (this.#checker.isTupleType(type)) return this.#tupleSchema(type as ts.TypeReference, where);
    if (this.#checker.isArrayType(type))
      return {
        type: 'array',
        items: this.schemaOf(this.#checker.getTypeArguments(type as ts.TypeReference)[0]!, `${where}[]`),
      };
    if (type.flags & TypeFlags.Object || type.isIntersection()) return this.objectSchema(type, where);
    throw new Error(`${where}: no schema for the type ${this.#checker.typeToString(type)}`);
  }

  #unionSchema(type: ts.UnionType, where: string): Schema {
    const members = type.types.filter((member) => !(member.flags & ts.TypeFlags.Undefined));
    if (members.length === 1) return this.schemaOf(members[0]!, where);
    const isLiteral = (member: ts.Type): boolean => member.isStringLiteral() || member.isNumberLiteral();
    const words = this.#memberWords(type);
    if (members.every(isLiteral)) {
      const values = members.map((member) => (member as ts.LiteralType).value as string | number);
      if (words.size === 0) return { enum: values };
      return {
        oneOf: values.map((value) => ({ const: value, ...(words.has(value) && { description: words.get(value) }) })),
      };
    }
    const isBoolean = (member: ts.Type): boolean => (member.flags & ts.TypeFlags.BooleanLiteral) !== 0;
    const booleans = members.filter(isBoolean);
    const others = members.filter((member) => !isBoolean(member)).map((member) => this.schemaOf(member, where));
    const booleanSchemas: Schema[] =
      booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map((member) => this.#inlineSchema(member, where));
    const all = [...booleanSchemas, ...others];
    return all.length === 1 ? all[0]! : { anyOf: all };
  }

  #tupleSchema(type: ts.TypeReference, where: string): Schema {
    const items = this.#checker.getTypeArguments(type).map((item, i) => this.schemaOf(item, `${where}[${i}]`));
    return { type: 'array', prefixItems: items, minItems: items.length, maxItems: items.length };
  }

  /** The comments above the members of a union of literals, by their value. */
  #memberWords(type: ts.UnionType): ReadonlyMap<string | number, string> {
    const found = new Map<string | number, string>();
    const declaration = type.aliasSymbol?.declarations?.[0];
    if (!declaration || !ts.isTypeAliasDeclaration(declaration) || !ts.isUnionTypeNode(declaration.type)) return found;
    const text = declaration.getSourceFile().text;
    for (const node of declaration.type.types) {
      if (!ts.isLiteralTypeNode(node) || !ts.isStringLiteral(node.literal)) continue;
      const comment = ts.getLeadingCommentRanges(text, node.getFullStart())?.at(-1);
      if (comment) found.set(node.literal.text, wordsOfComment(text.slice(comment.pos, comment.end)));
    }
    return found;
  }

  #wordsOf(symbol: ts.Symbol): Schema {
    const description = ts
      .displayPartsToString(symbol.getDocumentationComment(this.#checker))
      .replaceAll(/\s+/g, ' ')
      .trim();
    return description === '' ? {} : { description };
  }

  #resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  #isGeneric(type: ts.Type): boolean {
    return (type.aliasTypeArguments?.length ?? 0) > 0;
  }

  /** `Readonly`, `Record`, `Array` and their like. */
  #isFromLibrary(type: ts.Type): boolean {
    const declaration = (type.aliasSymbol ?? type.symbol)?.declarations?.[0];
    return declaration !== undefined && this.#program.isSourceFileDefaultLibrary(declaration.getSourceFile());
  }
}

const wordsOfComment = (comment: string): string =>
  comment
    .replaceAll(/^\/\*\*?|\*\/$|^\s*\*(?=\s)|^\/\//gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
