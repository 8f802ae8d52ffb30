import type { Route } from "./service.ts";

/** A request by method and path, its body already read. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Pattern {
  readonly expression: RegExp;
  readonly names: readonly string[];
}

const patterns = new Map<string, Pattern>();

/** Patterns are compiled once: every request of a service is tried against all of its routes. */
const compiled = (pattern: string): Pattern => {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const names: string[] = [];
  const source = pattern
    .replace(/[.*^$?()|[\]\\]/g, "\\$&")
    .replace(/\{([A-Za-z]+)(\+?)\}/g, (_whole, name: string, greedy: string) => {
      names.push(name);
      return greedy === "" ? "([^/]+)" : "(.+)";
    });
  const made = { expression: new RegExp(`^${source}/?$`), names };
  patterns.set(pattern, made);
  return made;
};

/** The labels of a path that fits the pattern, percent-decoded; undefined where it does not fit. */
export const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const { expression, names } = compiled(pattern);
  const found = expression.exec(path);
  if (found === null) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]));
};

const fits = (route: Route, request: RestRequest): boolean =>
  route.method === request.method && (route.when === undefined || route.when in request.query);

const named = (
  wire: Readonly<Record<string, string>>,
  names: Readonly<Record<string, string>> = {},
): Record<string, string> =>
  Object.fromEntries(Object.entries(wire).map(([name, value]) => [names[name] ?? name, value]));

const headersOf = (route: Route, request: RestRequest): Record<string, string> => {
  const pairs = Object.entries(route.headers ?? {}).flatMap(([wire, member]) => {
    const value = request.headers[wire];
    return value === undefined ? [] : [[member, value] as const];
  });
  return Object.fromEntries(pairs);
};

const bodyOf = (route: Route, request: RestRequest): Record<string, unknown> => {
  if (route.payload !== undefined) return { [route.payload]: request.body };
  return request.body === "" ? {} : (JSON.parse(request.body) as Record<string, unknown>);
};

/** The operation of a REST request and its input: body, then query, headers and path labels. Undefined: no route. */
export const decodeRest = (
  routes: readonly Route[],
  request: RestRequest,
): { operation: string; input: Record<string, unknown> } | undefined => {
  for (const route of routes) {
    const labels = fits(route, request) ? matchPath(route.path, request.path) : undefined;
    if (labels === undefined) continue;
    const input = {
      ...bodyOf(route, request),
      ...named(request.query, route.query),
      ...headersOf(route, request),
      ...labels,
    };
    return { operation: route.operation, input };
  }
  return undefined;
};
