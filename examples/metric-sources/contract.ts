/** Headgate's contract with a metric source, as far as these examples use it: see docs/metric-sources.md. */

export interface Request {
  readonly gives: "counts" | "values";
  readonly target: string | null;
  /** What the target is called where it lives, such as functionName. */
  readonly names: Readonly<Record<string, string>>;
  readonly arms: readonly { readonly arm: "candidate" | "baseline"; readonly version: string | null }[];
  readonly from: string;
  readonly to: string;
  readonly periodSeconds: number;
}

export interface Point {
  readonly arm: "candidate" | "baseline";
  readonly at: string;
  readonly samples?: number;
  readonly bad?: number;
  readonly value?: number;
}

export interface Answer {
  readonly complete: boolean;
  readonly points: readonly Point[];
}

/** One series as a provider has it: value by start of period (epoch ms). `complete` is the provider's word. */
export interface Read {
  readonly complete: boolean;
  readonly points: ReadonlyMap<number, number>;
}

/** Reads one query over the periods of a request. */
export type Provider = (query: string, request: Request) => Promise<Read>;

/** Queries with $version, $target and the target's names in them, such as $functionName. */
export interface Queries {
  /** Samples and bad ones, for counts; samples may be left out for values. */
  readonly samples?: string | undefined;
  readonly bad?: string | undefined;
  readonly value?: string | undefined;
}

/** What both examples have in common: each arm's queries are asked, and a period counts where all of them have it. */
export async function answer(provider: Provider, queries: Queries, request: Request): Promise<Answer> {
  const wanted = request.gives === "counts" ? (["samples", "bad"] as const) : (["samples", "value"] as const);
  const arms = await Promise.all(
    request.arms.map(async ({ arm, version }) => {
      const parts = await Promise.all(
        wanted.flatMap((part) => {
          const query = queries[part];
          return query === undefined ? [] : [readPart(provider, part, filled(query, request, version), request)];
        }),
      );
      return { complete: parts.every(({ read }) => read.complete), points: joined(arm, parts) };
    }),
  );
  return { complete: arms.every(({ complete }) => complete), points: arms.flatMap(({ points }) => points) };
}

interface Part {
  readonly part: "samples" | "bad" | "value";
  readonly read: Read;
}

const readPart = async (provider: Provider, part: Part["part"], query: string, request: Request): Promise<Part> => ({
  part,
  read: await provider(query, request),
});

/** A period that one of the queries lacks was not measured: nothing is filled in. */
function joined(arm: Point["arm"], parts: readonly Part[]): Point[] {
  const [first] = parts;
  const times = [...(first?.read.points.keys() ?? [])].filter((at) => parts.every(({ read }) => read.points.has(at)));
  return times.map((at) => {
    const found = Object.fromEntries(parts.map(({ part, read }) => [part, read.points.get(at)]));
    return { arm, at: new Date(at).toISOString(), ...found };
  });
}

const SAFE = /^[\w.:/-]*$/;

/** Fills a query in. What it holds comes from Headgate's plan; anything that could end a string in it is refused all the same. */
function filled(query: string, { target, names }: Request, version: string | null): string {
  const known: Readonly<Record<string, string>> = { ...names, target: target ?? "", version: version ?? "" };
  return query.replaceAll(/\$(\w+)/g, (whole, name: string) => {
    const value = known[name];
    if (value === undefined || !SAFE.test(value)) throw new Error(`${whole} cannot be filled in`);
    return value;
  });
}
