/**
 * JSON Schema of a TypeScript type, for the types that arguments of an action have: texts, numbers, booleans, literals, unions, lists, tuples,
 * objects, records, the usual utility types, and names of types in the file or its own modules. Whatever is outside gets a diagnostic and gives null.
 */
import type { JsonSchema, TypeNode, TypeScope } from "./scope.ts";
import { nameOf } from "../check/syntax.ts";
import { describe, found, nameOfType, unsupported } from "./scope.ts";

const MAX_DEPTH = 24;

export function schemaOf(node: TypeNode, scope: TypeScope, depth = 0): JsonSchema {
  if (depth > MAX_DEPTH) throw unsupported(node, "a type that contains itself");
  const inner = (type: unknown): JsonSchema => schemaOf(type as TypeNode, scope, depth + 1);
  switch (node.type) {
    case "TSStringKeyword":
      return { type: "string" };
    case "TSNumberKeyword":
      return { type: "number" };
    case "TSBooleanKeyword":
      return { type: "boolean" };
    case "TSNullKeyword":
      return { type: "null" };
    case "TSUnknownKeyword":
    case "TSAnyKeyword":
      return {};
    case "TSObjectKeyword":
      return { type: "object" };
    case "TSParenthesizedType":
      return inner(node["typeAnnotation"]);
    case "TSLiteralType":
      return literal(node);
    case "TSArrayType":
      return { type: "array", items: inner(node["elementType"]) };
    case "TSTupleType":
      return tuple(node, inner);
    case "TSTypeOperator":
      if (node["operator"] === "readonly") return inner(node["typeAnnotation"]);
      throw unsupported(node, `the type operator ${String(node["operator"])}`);
    case "TSUnionType":
      return union((node["types"] as TypeNode[]).filter((type) => type.type !== "TSUndefinedKeyword").map(inner));
    case "TSIntersectionType":
      return (node["types"] as TypeNode[]).map(inner).reduce((left, right) => merged(left, right, node));
    case "TSTypeLiteral":
      return object(node["members"] as TypeNode[], inner);
    case "TSTypeReference":
      return reference(node, scope, depth);
    default:
      throw unsupported(node, WORDS[node.type] ?? "this type");
  }
}

const WORDS: Readonly<Record<string, string>> = {
  TSFunctionType: "a function",
  TSConditionalType: "a conditional type",
  TSMappedType: "a mapped type",
  TSIndexedAccessType: "an indexed type",
  TSTypeQuery: "typeof",
  TSImportType: "an import type",
  TSTemplateLiteralType: "a template type",
  TSBigIntKeyword: "bigint, which JSON cannot carry",
  TSSymbolKeyword: "a symbol",
  TSUndefinedKeyword: "undefined, which JSON cannot carry",
  TSVoidKeyword: "void",
  TSNeverKeyword: "never",
};

function literal(node: TypeNode): JsonSchema {
  const value = node["literal"] as TypeNode;
  if (value.type === "UnaryExpression") {
    const argument = value["argument"] as TypeNode;
    return { const: -Number(argument["value"]) };
  }
  if (/^(?:String|Numeric|Boolean)Literal$/.test(value.type)) return { const: value["value"] };
  throw unsupported(node, "a template type");
}

function tuple(node: TypeNode, inner: (type: unknown) => JsonSchema): JsonSchema {
  const members = (node["elementTypes"] as TypeNode[]).map((member) => {
    const named = member.type === "TSNamedTupleMember";
    const type = named ? (member["elementType"] as TypeNode) : member;
    return { type, optional: named && member["optional"] === true };
  });
  const isRest = ({ type }: { readonly type: TypeNode }): boolean => type.type === "TSRestType";
  const rest = members.findIndex(isRest);
  if (rest !== -1 && rest !== members.length - 1) throw unsupported(node, "a tuple that is open in the middle");
  const fixed = rest === -1 ? members : members.slice(0, rest);
  const isOptional = (member: (typeof members)[number]): boolean =>
    member.optional || member.type.type === "TSOptionalType";
  const prefixItems = fixed.map(({ type }) => inner(type.type === "TSOptionalType" ? type["typeAnnotation"] : type));
  const open = rest === -1 ? null : inner(members[rest]!.type["typeAnnotation"]);
  if (open !== null && open["type"] !== "array") throw unsupported(node, "a tuple whose rest is no list");
  return {
    type: "array",
    ...(prefixItems.length > 0 && { prefixItems }),
    ...(open !== null && open["items"] !== undefined && { items: open["items"] }),
    minItems: fixed.filter((member) => !isOptional(member)).length,
    ...(open === null && { maxItems: prefixItems.length }),
  };
}

/** Literals become one enum, which models and forms read better than many constants. */
function union(parts: readonly JsonSchema[]): JsonSchema {
  const flat = parts.flatMap((part) =>
    Object.keys(part).length === 1 && Array.isArray(part["enum"])
      ? (part["enum"] as unknown[]).map((value) => ({ const: value }))
      : [part],
  );
  if (flat.length === 1) return flat[0]!;
  const isLiteral = (part: JsonSchema): boolean => "const" in part || part["type"] === "null";
  if (flat.every(isLiteral)) return { enum: flat.map((part) => ("const" in part ? part["const"] : null)) };
  const kinds = flat.map(({ type, ...rest }) =>
    Object.keys(rest).length === 0 && typeof type === "string" ? type : null,
  );
  if (kinds.every((kind) => kind !== null)) return { type: [...new Set(kinds)] };
  const literals = flat.filter(isLiteral);
  const others = flat.filter((part) => !isLiteral(part));
  return { anyOf: [...others, ...(literals.length > 0 ? [union(literals)] : [])] };
}

export function object(members: readonly TypeNode[], inner: (type: unknown) => JsonSchema): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  let additional: JsonSchema | false = false;
  for (const member of members) {
    if (member.type === "TSIndexSignature") {
      additional = inner((member["typeAnnotation"] as TypeNode)["typeAnnotation"]);
      continue;
    }
    const key = member["key"] as TypeNode | undefined;
    const name =
      key?.type === "Identifier" && member["computed"] !== true
        ? key["name"]
        : /^(?:String|Numeric)Literal$/.test(key?.type ?? "")
          ? String(key!["value"])
          : null;
    const annotation = member["typeAnnotation"] as TypeNode | null | undefined;
    if (member.type !== "TSPropertySignature" || typeof name !== "string")
      throw unsupported(member, "a method or a computed key");
    const schema = annotation == null ? {} : inner(annotation["typeAnnotation"]);
    properties[name] = { ...schema, ...describe(member) };
    if (member["optional"] !== true && !allowsUndefined(annotation)) required.push(name);
  }
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: additional };
}

function allowsUndefined(annotation: TypeNode | null | undefined): boolean {
  const type = annotation?.["typeAnnotation"] as TypeNode | undefined;
  return (
    type?.type === "TSUnionType" && (type["types"] as TypeNode[]).some((each) => each.type === "TSUndefinedKeyword")
  );
}

/** Two objects as one that has the keys of both. */
function merged(left: JsonSchema, right: JsonSchema, node: TypeNode): JsonSchema {
  if (left["type"] !== "object" || right["type"] !== "object")
    throw unsupported(node, "an intersection of other things than objects");
  const required = [...new Set([...requiredOf(left), ...requiredOf(right)])];
  return {
    ...left,
    properties: { ...propertiesOf(left), ...propertiesOf(right) },
    ...(required.length > 0 && { required }),
    additionalProperties: left["additionalProperties"] || right["additionalProperties"] || false,
  };
}

const propertiesOf = (schema: JsonSchema) => (schema["properties"] ?? {}) as Record<string, JsonSchema>;
const requiredOf = (schema: JsonSchema) => (schema["required"] ?? []) as string[];

function reference(node: TypeNode, scope: TypeScope, depth: number): JsonSchema {
  const name = nameOfType(node);
  const parameters = ((node["typeParameters"] ?? node["typeArguments"]) as TypeNode | null | undefined)?.["params"] as
    | TypeNode[]
    | undefined;
  const [first, second] = parameters ?? [];
  const inner = (type: TypeNode): JsonSchema => schemaOf(type, scope, depth + 1);
  if (first !== undefined) {
    const made = utility(name, first, second, inner, node);
    if (made !== null) return made;
    throw unsupported(node, `${name} with parameters`);
  }
  const declared = found(name, scope);
  if (declared === null) throw unsupported(node, `${name}, which is not declared in the file or its own modules`);
  const { node: at, scope: its } = declared;
  const own = (type: unknown): JsonSchema => schemaOf(type as TypeNode, its, depth + 1);
  const isGeneric = at["typeParameters"] != null;
  if (isGeneric) throw unsupported(node, `${name}, which has parameters`);
  if (at.type === "TSTypeAliasDeclaration") return { ...own(at["typeAnnotation"]), ...describe(declared.statement) };
  if (at.type === "TSEnumDeclaration") return { enum: enumValues(at) };
  const body = object((at["body"] as TypeNode)["body"] as TypeNode[], own);
  const bases = ((at["extends"] ?? []) as TypeNode[]).map((base) => {
    if (nameOf(base["expression"]) === null) throw unsupported(base, "what it extends");
    return reference({ ...base, type: "TSTypeReference", typeName: base["expression"] } as TypeNode, its, depth + 1);
  });
  return { ...[...bases, body].reduce((left, right) => merged(left, right, node)), ...describe(declared.statement) };
}

function enumValues(node: TypeNode): unknown[] {
  const members = ((node["body"] as TypeNode | undefined)?.["members"] ?? node["members"]) as TypeNode[];
  let next = 0;
  return members.map((member) => {
    const value = enumValue(member, next);
    if (typeof value === "number") next = value + 1;
    return value;
  });
}

/** A member that says nothing is one more than the one before it. */
function enumValue(member: TypeNode, next: number): string | number {
  const value = member["initializer"] as TypeNode | null | undefined;
  if (value == null) return next;
  if (/^(?:String|Numeric)Literal$/.test(value.type)) return value["value"] as string | number;
  const argument = value["argument"] as TypeNode | undefined;
  if (value.type === "UnaryExpression" && value["operator"] === "-" && argument?.type === "NumericLiteral")
    return -Number(argument["value"]);
  throw unsupported(member, "an enum of computed values");
}

function utility(
  name: string,
  first: TypeNode,
  second: TypeNode | undefined,
  inner: (type: TypeNode) => JsonSchema,
  node: TypeNode,
): JsonSchema | null {
  if (name === "Array" || name === "ReadonlyArray") return { type: "array", items: inner(first) };
  if (name === "Readonly" || name === "NonNullable") return inner(first);
  if (name === "Record" && second !== undefined) return record(inner(first), inner(second), node);
  if ((name === "Exclude" || name === "Extract") && second !== undefined) {
    const taken = new Set(textsOf(inner(second), node));
    return union(
      textsOf(inner(first), node)
        .filter((text) => taken.has(text) === (name === "Extract"))
        .map((value) => ({ const: value })),
    );
  }
  const partOf = ["Partial", "Required", "Pick", "Omit"].includes(name) ? inner(first) : null;
  if (partOf === null) return null;
  if (partOf["type"] !== "object") throw unsupported(node, `${name} of something else than an object`);
  const { required: _, ...rest } = partOf;
  if (name === "Partial") return rest;
  if (name === "Required") return { ...rest, required: Object.keys(propertiesOf(partOf)) };
  const keys = second === undefined ? [] : textsOf(inner(second), node);
  const keep = (key: string): boolean => keys.includes(key) === (name === "Pick");
  const required = requiredOf(partOf).filter(keep);
  const properties = Object.fromEntries(Object.entries(propertiesOf(partOf)).filter(([key]) => keep(key)));
  return { ...rest, properties, ...(required.length > 0 && { required }) };
}

function record(keys: JsonSchema, value: JsonSchema, node: TypeNode): JsonSchema {
  // A key of JSON is a text, a number's too.
  if (keys["type"] === "string" || keys["type"] === "number") return { type: "object", additionalProperties: value };
  const names = textsOf(keys, node);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((key) => [key, value])),
    required: names,
    additionalProperties: false,
  };
}

function textsOf(schema: JsonSchema, node: TypeNode): string[] {
  const values = "const" in schema ? [schema["const"]] : ((schema["enum"] ?? []) as unknown[]);
  if (values.length === 0 || !values.every((value) => typeof value === "string"))
    throw unsupported(node, "keys that are not written out");
  return values;
}
