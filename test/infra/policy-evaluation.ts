/** What a resource's policy, or a role's, says about one call: IAM's evaluation, for the operators that our statements use. */

/** Who calls: a service on somebody's behalf, or a role of an account. */
export type Caller = { readonly service: string } | { readonly role: string; readonly account: string };

export interface Asked {
  readonly by: Caller;
  readonly action: string;
  readonly resource: string;
  /** Condition keys that the caller sends, without regard to case. A key that is not here is absent. */
  readonly context: Readonly<Record<string, string>>;
}

export type Answer = "allowed" | "denied" | "silent";

export interface PolicyStatement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
  readonly [element: string]: unknown;
}

/** One Deny outweighs every Allow. Throws at elements and operators that it does not know, rather than guess. */
export function answerOf(statements: readonly PolicyStatement[], asked: Asked): Answer {
  const effects = statements.filter((statement) => speaksOf(statement, asked)).map(({ Effect }) => Effect);
  if (effects.includes("Deny")) return "denied";
  return effects.includes("Allow") ? "allowed" : "silent";
}

const KNOWN = new Set(["Sid", "Effect", "Action", "Resource", "Principal", "Condition"]);

function speaksOf(statement: PolicyStatement, asked: Asked): boolean {
  const strange = Object.keys(statement).filter((element) => !KNOWN.has(element));
  if (strange.length > 0) throw new Error(`a statement has ${strange.join(", ")}, which is not evaluated here`);
  const names = (value: unknown, wanted: string, fold: (text: string) => string) =>
    listOf(value).some((pattern) => isLike(fold(pattern), fold(wanted)));
  return (
    names(statement.Action, asked.action, (text) => text.toLowerCase()) &&
    names(statement.Resource, asked.resource, (text) => text) &&
    isPrincipal(statement.Principal, asked.by) &&
    holds(statement.Condition, asked)
  );
}

/** A role's own policy names no principal: it is the role's. */
function isPrincipal(principal: unknown, by: Caller): boolean {
  if (principal === undefined || principal === "*") return true;
  const { AWS, Service } = principal as { readonly AWS?: unknown; readonly Service?: unknown };
  if (listOf(AWS).includes("*")) return true;
  if ("service" in by) return listOf(Service).includes(by.service);
  const accounts = [by.account, `arn:aws:iam::${by.account}:root`];
  return listOf(AWS).some((one) => one === by.role || accounts.includes(one));
}

function holds(condition: unknown, { context }: Asked): boolean {
  const sent = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => holdsFor(operator, sent.get(key.toLowerCase()), listOf(values))),
  );
}

type Test = (pattern: string, value: string) => boolean;
const same: Test = (pattern, value) => pattern === value;

const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: same,
  StringLike: isLike,
  ArnEquals: isLike,
  ArnLike: isLike,
  Bool: (pattern, value) => pattern.toLowerCase() === value.toLowerCase(),
};

function holdsFor(operator: string, value: string | undefined, patterns: readonly string[]): boolean {
  if (operator === "Null") return patterns.includes(String(value === undefined));
  const isAboutAll = operator.startsWith("ForAllValues:");
  const isNegated = /(String|Arn)Not/.test(operator);
  const isOptional = operator.endsWith("IfExists");
  const test = OPERATORS[operator.replace(/^ForAllValues:|IfExists$/g, "").replace(/^(String|Arn)Not/, "$1")];
  if (test === undefined) throw new Error(`the operator ${operator} is not evaluated here`);
  // What is not there is like nothing: a negation of it is true, and so is a claim about all of none.
  if (value === undefined) return isNegated || isAboutAll || isOptional;
  return patterns.some((pattern) => test(pattern, value)) !== isNegated;
}

function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("?", "."));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function listOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
