/** A Lambda alias: its version is the primary, one additional version may hold a share. */
import * as z from "zod";
import type { TargetPlan } from "../../domain/plan.ts";
import type { Kind, Placing } from "../kind.ts";
import { LAMBDA_ERROR_RATE, LAMBDA_PRESETS, LAMBDA_THROTTLES, lambdaSeries } from "./series.ts";

/** All to `primary`, but for `share` percent to `secondary`. */
export type AliasRoute = {
  readonly primary: string;
  readonly secondary: { readonly version: string; readonly percent: number } | null;
};

export interface LambdaAliasPlan extends TargetPlan {
  readonly functionName: string;
  readonly alias: string;
}

const fields = {
  functionName: z.string().meta({
    description: "the function's name; {environment} is filled in, such as shop-{environment}-order",
    examples: ["shop-{environment}-order"],
  }),
  alias: z.string().describe("the alias that clients call, such as live; {environment} is filled in"),
};

type Input = z.output<z.ZodObject<typeof fields>>;

/** What Lambda lets a function run for at the most, in seconds [Lambda quotas: function timeout]. */
const LONGEST_TIMEOUT_SECONDS = 900;

/** Lambda's own rules for names, from its API model. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const ALIAS_NAME = /^(?!\d+$)[A-Za-z0-9_-]{1,128}$/;

function resolve(input: Input, placing: Placing) {
  const functionName = placing.fill("functionName", input.functionName);
  const alias = placing.fill("alias", input.alias);
  if (!FUNCTION_NAME.test(functionName)) {
    const hint = "letters, digits, dashes and underscores, at most 64; not an ARN";
    placing.refuse("functionName", `gives "${functionName}", which is no function name`, hint);
  }
  if (!ALIAS_NAME.test(alias)) {
    const hint = "letters, digits, dashes and underscores, with at least one non-digit";
    placing.refuse("alias", `gives "${alias}", which is no alias name`, hint);
  }
  const { partition, region, account } = placing;
  const function_ = `arn:${partition}:lambda:${region}:${account}:function:${functionName}`;
  const resource = `${function_}:${alias}`;
  // The function too: its $LATEST is what a candidate is made of, whichever alias it is for.
  return { functionName, alias, resource, resources: [resource, function_] };
}

/** The function's ARN: the alias's without the alias. */
export function functionOf({ resource }: Pick<LambdaAliasPlan, "resource">): string {
  return resource.slice(0, resource.lastIndexOf(":"));
}

function share({ primary, secondary }: AliasRoute, version: string): number {
  const percent = secondary?.percent ?? 0;
  if (primary === version) return secondary?.version === version ? 100 : 100 - percent;
  return secondary?.version === version ? percent : 0;
}

function same(one: AliasRoute, other: AliasRoute): boolean {
  return (
    one.primary === other.primary &&
    one.secondary?.version === other.secondary?.version &&
    one.secondary?.percent === other.secondary?.percent
  );
}

export const lambdaAlias: Kind<LambdaAliasPlan, AliasRoute, Input> = {
  name: "lambda-alias",
  description: "a Lambda alias that holds the weight",
  drive: "driven",
  weights: "whole-percent",
  restoreOrder: 2,
  locked: true,
  probed: true,
  fields,
  naming: {
    field: "functionName",
    hint: "one alias, one target: name another function or alias, or use {environment}",
  },
  example: (name) => ({ functionName: name, alias: "live" }),
  resolve,
  same,
  share,
  serving: ({ primary }) => primary,
  versions: ({ primary, secondary }) => (secondary === null ? [primary] : [primary, secondary.version]),
  settled: ({ secondary }) => secondary === null,
  inWords: ({ primary, secondary }) =>
    secondary === null ? `version ${primary}` : `version ${primary}, ${secondary.percent} % on ${secondary.version}`,
  at: ({ primary }, candidate, percent) => ({
    primary,
    secondary: percent === 0 ? null : { version: candidate, percent },
  }),
  finished: (_baseline, candidate) => ({ primary: candidate, secondary: null }),
  path: (from, to) => (same(from, to) ? [] : [to]),
  presets: LAMBDA_PRESETS,
  usual: LAMBDA_ERROR_RATE,
  unserved: LAMBDA_THROTTLES,
  series: lambdaSeries,
  armsVanish: true,
  zerosVanish: false,
  byRequest: true,
  countsOwn: false,
  // Environments start with the first requests of a share; few initializations take longer than their 10 s, and caches
  // and connections are filled by the next ones.
  coldStart: { minutes: 2, why: "a share of traffic starts new environments, whose first requests come cold" },
  namespace: "AWS/Lambda",
  // A point has the time at which its invocation began, and comes when it ends [Lambda developer guide, viewing metrics].
  lateSeconds: (longestSeconds) => longestSeconds ?? LONGEST_TIMEOUT_SECONDS,
  placeholders: ["functionName", "alias"],
  filledIn: ({ functionName, alias }) => ({ functionName, alias }),
  named: ({ functionName, alias }) => `${functionName}, alias ${alias}`,
  logGroup: ({ functionName }) => `/aws/lambda/${functionName}`,
  // 2026/11/29/[8]0f1e2d3c4b5a: each stream is of one environment, which runs one version.
  versionOfStream: (stream) => /\[(\d+)\]/.exec(stream)?.[1] ?? null,
  afterRestore: "",
};
