import type { CheckInput } from "../documents/policy-gates.ts";
import type { Path } from "../documents/problems.ts";
import { formatDuration } from "../durations.ts";
import type { CheckPlan, Consequence, StepPlan, When } from "../plan.ts";
import { fillQuery } from "./analysis.ts";
import { defined, fill, type Scope } from "./scope.ts";

/** Checks of the environment, of the service and of the release, in this order, each under a name of its own. */

type Kind<K extends CheckInput["kind"]> = Extract<CheckInput, { kind: K }>;

interface Base {
  readonly name: string;
  readonly when: When;
  readonly onFail: Consequence;
}

interface Placed {
  readonly check: CheckInput;
  readonly at: Path;
}

const METRIC_SECONDS = 300;

export function resolveChecks(scope: Scope, steps: readonly StepPlan[]): CheckPlan[] {
  const place = (at: Path, checks: readonly CheckInput[] | undefined): Placed[] =>
    (checks ?? []).map((check, index) => ({ check, at: [...at, "checks", index] }));
  const placed = [
    ...place(scope.at.environment, scope.environment.checks),
    ...place(scope.at.service, scope.service.checks),
    ...place(scope.at.tighten, scope.tighten.checks),
  ];
  const taken = new Set<string>();
  return placed.map(({ check, at }) => {
    checkMoment(scope, check, at, steps);
    const base = { name: nameOf(scope, check, at, taken), when: check.when ?? "before", onFail: onFailOf(check) };
    return resolveCheck(scope, check, at, base);
  });
}

function checkMoment(scope: Scope, { when, onFail }: CheckInput, at: Path, steps: readonly StepPlan[]): void {
  if ((when ?? "before") === "before" && onFail === "rollback") {
    scope.report.refuse([...at, "onFail"], "has nothing to roll back before the rollout", 'write "block" or "warn"');
  }
  if (typeof when !== "number" || scope.release.emergency?.skipBakes === true) return;
  if (steps.some((step) => step.weight === when)) return;
  scope.report.refuse(
    [...at, "when"],
    "is the weight of no step",
    `weights: ${steps.map((step) => step.weight).join(", ")}`,
  );
}

function onFailOf({ when, onFail }: CheckInput): Consequence {
  return onFail ?? ((when ?? "before") === "before" ? "block" : "rollback");
}

/** A name that is given must be free; one that is made up is numbered until it is. */
function nameOf(scope: Scope, check: CheckInput, at: Path, taken: Set<string>): string {
  if (check.name !== undefined && taken.has(check.name)) {
    scope.report.refuse([...at, "name"], "is the name of another check", "give each check a name of its own");
  }
  const wish = check.name ?? describe(scope, check);
  let name = wish;
  for (let count = 2; check.name === undefined && taken.has(name); count += 1) name = `${wish} (${count})`;
  taken.add(name);
  return name;
}

function describe(scope: Scope, check: CheckInput): string {
  switch (check.kind) {
    case "alarms-ok":
      return check.prefix === undefined
        ? "alarms OK"
        : `alarms ${check.prefix.replaceAll("{environment}", scope.name)}* OK`;
    case "http":
      return `http ${check.url.replaceAll("{environment}", scope.name)}`;
    case "invoke":
      return `invoke ${check.functionName.replaceAll("{environment}", scope.name)}`;
    case "metric":
      return `metric ${check.metric.metricName}`;
    case "soaked":
      return `soaked in ${check.environment}`;
    case "evidence":
      return `evidence ${check.key}`;
  }
}

function resolveCheck(scope: Scope, check: CheckInput, at: Path, base: Base): CheckPlan {
  switch (check.kind) {
    case "alarms-ok":
      return resolveAlarms(scope, check, at, base);
    case "http":
      return resolveHttp(scope, check, at, base);
    case "invoke":
      return resolveInvoke(scope, check, at, base);
    case "metric":
      return resolveMetric(scope, check, at, base);
    case "soaked":
      return resolveSoaked(scope, check, at, base);
    case "evidence":
      return resolveEvidence(scope, check, at, base);
  }
}

function resolveAlarms(scope: Scope, check: Kind<"alarms-ok">, at: Path, base: Base): CheckPlan {
  if (check.names === undefined && check.prefix === undefined) {
    scope.report.refuse(at, "names no alarm", "give names or a prefix");
  }
  const names = fillAlarms(scope, check.names ?? [], [...at, "names"]);
  const prefix = check.prefix === undefined ? undefined : fill(scope, [...at, "prefix"], check.prefix);
  return defined({ ...base, kind: check.kind, names, prefix });
}

/** CloudWatch: 1 to 255 characters; an ARN in place of a name matches nothing, and nothing red looks green. */
export function fillAlarms(scope: Scope, names: readonly string[], at: Path): string[] {
  return names.map((name, index) => {
    const filled = fill(scope, [...at, index], name).trim();
    if (filled.startsWith("arn:")) {
      scope.report.refuse(
        [...at, index],
        "is an ARN, where CloudWatch wants a name",
        `write ${filled.split(":").at(-1)}`,
      );
    } else if (filled === "" || filled.length > 255) {
      scope.report.refuse([...at, index], "is no alarm name", "alarm names have 1 to 255 characters");
    }
    return filled;
  });
}

function resolveHttp(scope: Scope, check: Kind<"http">, at: Path, base: Base): CheckPlan {
  const url = fill(scope, [...at, "url"], check.url);
  checkUrl(scope, url, [...at, "url"]);
  return defined({
    ...base,
    kind: check.kind,
    url,
    status: check.status ?? 200,
    contains: check.contains,
    withinMs: check.withinMs,
  });
}

function checkUrl(scope: Scope, text: string, at: Path): void {
  const url = URL.parse(text);
  if (url === null) scope.report.refuse(at, "is no address", "write it whole, such as https://api.example.com/health");
  else if (url.protocol !== "https:") {
    scope.report.refuse(at, "is not https: anybody on the way could answer for the service", "write https://");
  } else if (url.username !== "" || url.password !== "") {
    scope.report.refuseHidden(at, "holds a password", "ask an address that needs none");
  }
}

function resolveInvoke(scope: Scope, check: Kind<"invoke">, at: Path, base: Base): CheckPlan {
  const functionName = fill(scope, [...at, "functionName"], check.functionName);
  return { ...base, kind: check.kind, functionName, payload: check.payload ?? {}, expect: check.expect };
}

function resolveMetric(scope: Scope, check: Kind<"metric">, at: Path, base: Base): CheckPlan {
  checkLimits(scope, check, at);
  const overSeconds = check.over ?? METRIC_SECONDS;
  if (overSeconds === 0 || overSeconds % 60 !== 0) {
    scope.report.refuse([...at, "over"], "is no multiple of 1m", "CloudWatch keeps points of 1m: write 1m, 5m or 1h");
  }
  const metric = fillQuery(scope, check.metric, [...at, "metric"], null);
  return defined({ ...base, kind: check.kind, metric, max: check.max, min: check.min, overSeconds });
}

function checkLimits(
  scope: Scope,
  { min, max }: { min?: number | undefined; max?: number | undefined },
  at: Path,
): void {
  if (min === undefined && max === undefined) scope.report.refuse(at, "has no limit", "give min, max or both");
  if (min !== undefined && max !== undefined && min > max) {
    scope.report.refuse([...at, "min"], `is above max, ${max}: nothing can pass`, `write ${max} or less`);
  }
}

function resolveSoaked(scope: Scope, check: Kind<"soaked">, at: Path, base: Base): CheckPlan {
  const { order } = scope.policy;
  const before = order.slice(0, Math.max(0, order.indexOf(scope.name)));
  if (!before.includes(check.environment)) {
    const hint = before.length === 0 ? "leave the check out" : `environments before it: ${before.join(", ")}`;
    scope.report.refuse([...at, "environment"], `is no environment before ${scope.name}`, hint);
  }
  if (scope.release.environments.includes(check.environment) && base.onFail !== "warn") {
    const message = `asks for ${formatDuration(check.for)} in ${check.environment}, through which this release goes right before`;
    scope.report.warn(
      [...at, "for"],
      message,
      `promote to ${check.environment} first, and to ${scope.name} by a later release`,
    );
  }
  return { ...base, kind: check.kind, environment: check.environment, forSeconds: check.for };
}

function resolveEvidence(scope: Scope, check: Kind<"evidence">, at: Path, base: Base): CheckPlan {
  const { min, max, equals, key } = check;
  if (min !== undefined || max !== undefined) checkLimits(scope, check, at);
  const evidence = scope.release.evidence ?? {};
  const value = Object.hasOwn(evidence, key) ? evidence[key] : undefined;
  const place = ["release", "evidence", key];
  if (value === undefined && base.onFail !== "warn") {
    const message = `is missing: the check "${base.name}" of ${scope.name} asks for it`;
    scope.report.refuse(place, message, `add it to evidence${wanted(check)}`);
  }
  if (value !== undefined && !satisfies(check, value)) {
    scope.report.warn(
      place,
      `will fail the check "${base.name}" of ${scope.name}`,
      `it asks for${wanted(check).slice(1)}`,
    );
  }
  return defined({ ...base, kind: check.kind, key, min, max, equals });
}

/** Whether evidence passes; what is no number has no place between limits. */
function satisfies({ min, max, equals }: Kind<"evidence">, value: string | number | boolean): boolean {
  if (equals !== undefined && String(value) !== equals) return false;
  return (min === undefined || Number(value) >= min) && (max === undefined || Number(value) <= max);
}

function wanted({ min, max, equals }: Kind<"evidence">): string {
  const words = [
    ...(equals === undefined ? [] : [`"${equals}"`]),
    ...(min === undefined ? [] : [`${min} or more`]),
    ...(max === undefined ? [] : [`${max} or less`]),
  ];
  return words.length === 0 ? "" : `: ${words.join(", ")}`;
}
