/** What a module imports and exports, read from its text: the borders are held against this, not against words in it. */
import { posix } from "node:path";
import { parseAst } from "vitest/node";

export interface Import {
  /** A path from the repository's root, or the name of a package. */
  readonly to: string;
  readonly local: boolean;
}

/** `pure` and `async` are functions: an async one answers with a promise, or with a function that does. */
export interface Export {
  readonly name: string;
  readonly what: "pure" | "async" | "other";
}

export interface Module {
  readonly file: string;
  readonly lines: number;
  /** Values and types alike. */
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

export type Files = Readonly<Record<string, string>>;

/** The parser's tree, of which only a few kinds of node matter here. */
interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

export const modulesOf = (files: Files): Module[] => Object.entries(files).map(([file, text]) => read(file, text));

function read(file: string, text: string): Module {
  const { body } = parseAst(text, { lang: "ts" }) as unknown as { readonly body: readonly Node[] };
  return {
    file,
    lines: text.trimEnd().split("\n").length,
    imports: [...new Set(body.flatMap(sourcesIn))].map((source) => resolved(file, source)),
    exports: body.flatMap(exportsIn),
  };
}

function resolved(file: string, source: string): Import {
  const local = source.startsWith(".");
  return { to: local ? posix.join(posix.dirname(file), source) : source, local };
}

/** Where a statement, or anything inside it, imports from. A source that is put together when it runs is left out. */
function sourcesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(sourcesIn);
  if (!isNode(value)) return [];
  const own = isNode(value.source) && typeof value.source.value === "string" ? [value.source.value] : [];
  return [...own, ...Object.values(value).flatMap(sourcesIn)];
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

function exportsIn({ type, declaration }: Node): Export[] {
  if (type !== "ExportNamedDeclaration" || !isNode(declaration)) return [];
  if (declaration.type === "FunctionDeclaration") return [{ name: nameOf(declaration), what: whatIs(declaration) }];
  if (declaration.type !== "VariableDeclaration") return [];
  const declared = declaration.declarations as readonly (Node & { readonly init: unknown })[];
  return declared.map((one) => ({ name: nameOf(one), what: isFunction(one.init) ? whatIs(one.init) : "other" }));
}

const nameOf = ({ id }: Node): string => String((id as { name?: unknown }).name);

const isFunction = (value: unknown): value is Node =>
  isNode(value) && ["ArrowFunctionExpression", "FunctionExpression", "FunctionDeclaration"].includes(value.type);

function whatIs(node: Node): "pure" | "async" {
  if (node.async === true || promises(node.returnType)) return "async";
  return isFunction(node.body) ? whatIs(node.body) : "pure";
}

/** Whether a return type is a promise, or an iterator of promises. */
function promises(annotation: unknown): boolean {
  if (!isNode(annotation)) return false;
  const type = annotation.typeAnnotation;
  if (!isNode(type) || type.type !== "TSTypeReference" || !isNode(type.typeName)) return false;
  return ["Promise", "AsyncIterable", "AsyncGenerator"].includes(String(type.typeName.name));
}
