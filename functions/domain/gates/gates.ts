/** Checks: what must hold before, between and after the steps. One function per kind, each says what it found. */

import { CHECKED } from "../approval/evidence.ts";
import { formatDuration } from "../durations.ts";
import { appendAudit } from "../ledger/append-audit.ts";
import { item } from "../ledger/items.ts";
import { keys } from "../ledger/keys.ts";
import { loadPlanHeader } from "../ledger/load.ts";
import { placeOf } from "../ledger/plan-parts.ts";
import type { CheckPlan, Consequence, EnvironmentPlan, When } from "../plan.ts";
import type { Dependencies, Item } from "../ports.ts";

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly found: string;
  readonly onFail: Consequence;
}

/** `before`, `at-0`, `at-25`, `after`: how a point of the rollout is written in keys, phases and machine input. */
export function pointOf(when: When): string {
  return typeof when === "number" ? `at-${when}` : when;
}

export interface CheckScene {
  readonly promotionId: string;
  readonly service: string;
  readonly version: string;
  readonly plan: EnvironmentPlan;
}

/** Runs all checks of one point in the plan's order, records each, and keeps the results for the page. */
export async function runChecks(deps: Dependencies, scene: CheckScene, point: string): Promise<CheckResult[]> {
  const due = scene.plan.checks.filter(({ when }) => pointOf(when) === point);
  const results: CheckResult[] = [];
  if (point === "before" && scene.plan.alarms.length > 0) results.push(await ownAlarms(deps, scene));
  for (const check of due) {
    const { passed, found } = await runCheck(deps, scene, check);
    results.push({ name: check.name, passed, found, onFail: check.onFail });
  }
  for (const result of results) await record(deps, scene, point, result);
  await deps.ledger.write([{ put: item(keys.gates(scene.promotionId, scene.plan.environment, point), { results }) }]);
  return results;
}

async function record(
  deps: Dependencies,
  { promotionId, plan }: CheckScene,
  point: string,
  result: CheckResult,
): Promise<void> {
  const verdict = result.passed ? "passed" : `failed (${result.onFail})`;
  const fingerprint = deps.hash(result.found).slice(0, 8);
  await appendAudit(deps, promotionId, {
    id: `check-${plan.environment}-${point}-${result.name}-${result.passed}-${fingerprint}`,
    kind: CHECKED,
    environment: plan.environment,
    summary: `${result.name} ${verdict}: ${result.found}`,
    data: { point, name: result.name, passed: result.passed, found: result.found },
  });
}

type Finding = { readonly passed: boolean; readonly found: string };

async function runCheck(deps: Dependencies, scene: CheckScene, check: CheckPlan): Promise<Finding> {
  switch (check.kind) {
    case "alarms-ok":
      return alarmsOk(deps, scene.plan, check.names, check.prefix);
    case "http":
      return webAnswers(deps, check);
    case "invoke":
      return invocationAnswers(deps, scene.plan, check);
    case "metric":
      return metricWithin(deps, scene.plan, check);
    case "soaked":
      return soaked(deps, scene, check);
    case "evidence":
      return evidenceHolds(deps, scene, check);
  }
}

/** The rollout's own alarms must exist and be green: a red one will send no event, a missing one never. */
async function ownAlarms(deps: Dependencies, { plan }: CheckScene): Promise<CheckResult> {
  return { name: "rollback alarms are armed", ...(await alarmsOk(deps, plan, plan.alarms)), onFail: "block" };
}

/**
 * Named alarms must exist and be OK. `INSUFFICIENT_DATA` passes: an alarm on errors has no data while there are none.
 * A prefix that finds nothing fails, since it guards nothing.
 */
export async function alarmsOk(
  deps: Pick<Dependencies, "alarms">,
  plan: EnvironmentPlan,
  names: readonly string[],
  prefix?: string,
): Promise<Finding> {
  const states = await deps.alarms(placeOf(plan)).states(names, prefix);
  const missing = names.filter((name) => !states.has(name));
  const red = [...states].filter(([, state]) => state === "ALARM").map(([name]) => name);
  if (missing.length > 0) return { passed: false, found: `no such alarm: ${missing.join(", ")}` };
  if (prefix !== undefined && ![...states.keys()].some((name) => name.startsWith(prefix)))
    return { passed: false, found: `no alarm begins with "${prefix}"` };
  if (states.size === 0) return { passed: false, found: "no alarm is named" };
  if (red.length > 0) return { passed: false, found: `in alarm: ${red.join(", ")}` };
  return { passed: true, found: `${states.size} ${states.size === 1 ? "alarm" : "alarms"}, none red` };
}

const WEB_TIMEOUT_MS = 10_000;

async function webAnswers(deps: Dependencies, check: Extract<CheckPlan, { kind: "http" }>): Promise<Finding> {
  const answer = await deps.web.get(check.url, WEB_TIMEOUT_MS);
  const found = `${check.url} answered ${answer.status} in ${answer.ms} ms`;
  if (answer.status !== check.status) return { passed: false, found: `${found}, not ${check.status}` };
  if (check.contains !== undefined && !answer.body.includes(check.contains)) {
    return { passed: false, found: `${found} without "${check.contains}"` };
  }
  if (check.withinMs !== undefined && answer.ms > check.withinMs) {
    return { passed: false, found: `${found}, later than ${check.withinMs} ms` };
  }
  return { passed: true, found };
}

async function invocationAnswers(
  deps: Dependencies,
  plan: EnvironmentPlan,
  check: Extract<CheckPlan, { kind: "invoke" }>,
): Promise<Finding> {
  const { functionName, payload, expect } = check;
  const answer = await deps
    .prober(placeOf(plan), functionName)
    .invoke("$LATEST", { payload, expect, timeoutSeconds: 30 });
  return { passed: answer.ok, found: `${functionName} answered in ${answer.ms} ms: ${answer.found}` };
}

/** Metrics of the last minutes are not in yet; asked for two minutes back. */
const METRIC_LAG_MS = 120_000;
const MINUTE_MS = 60_000;

async function metricWithin(
  deps: Dependencies,
  plan: EnvironmentPlan,
  check: Extract<CheckPlan, { kind: "metric" }>,
): Promise<Finding> {
  const to = Math.floor((deps.clock.now() - METRIC_LAG_MS) / MINUTE_MS) * MINUTE_MS;
  const query = { id: "check", ...check.metric, periodSeconds: 60 };
  const [series] = await deps.metrics(placeOf(plan)).read([query], to - check.overSeconds * 1_000, to);
  const values = [...(series?.points.values() ?? [])];
  const span = `${check.metric.metricName} over ${formatDuration(check.overSeconds)}`;
  if (series === undefined || values.length === 0) return { passed: false, found: `${span}: no data` };
  if (!series.complete) return { passed: false, found: `${span}: CloudWatch did not read all of it` };
  const low = Math.min(...values);
  const high = Math.max(...values);
  const passed = (check.max === undefined || high <= check.max) && (check.min === undefined || low >= check.min);
  return { passed, found: `${span}: between ${low} and ${high}` };
}

/** The very same version served in the earlier environment, and for long enough. */
async function soaked(
  deps: Dependencies,
  scene: CheckScene,
  check: Extract<CheckPlan, { kind: "soaked" }>,
): Promise<Finding> {
  const active = await deps.ledger.read(keys.active(check.environment, scene.service));
  if (active?.version !== scene.version) {
    const served = active === undefined ? "nothing" : String(active.version);
    return { passed: false, found: `${check.environment} serves ${served}, not ${scene.version}` };
  }
  const seconds = Math.floor((deps.clock.now() - Number(active.since)) / 1_000);
  const found = `${scene.version} has served ${check.environment} for ${formatDuration(seconds)}`;
  const different = differentCode(active, scene.plan);
  if (different !== null) return { passed: false, found: `${check.environment} serves other code of ${different}` };
  return { passed: seconds >= check.forSeconds, found: `${found}; ${formatDuration(check.forSeconds)} are asked for` };
}

/** Name of a target whose code is not what soaked; null: all agree, as far as both hashes are known. */
function differentCode(active: Item, plan: EnvironmentPlan): string | null {
  const soakedCode = active.code as Readonly<Record<string, string | null>> | undefined;
  const other = plan.targets.find(({ name, artifact }) => {
    const known = soakedCode?.[name];
    return known != null && artifact.sha256 !== undefined && known !== artifact.sha256;
  });
  return other?.name ?? null;
}

async function evidenceHolds(
  deps: Dependencies,
  scene: CheckScene,
  check: Extract<CheckPlan, { kind: "evidence" }>,
): Promise<Finding> {
  const { evidence } = await loadPlanHeader(deps.ledger, scene.promotionId);
  const value = evidence[check.key];
  if (value === undefined) return { passed: false, found: `the release gives no "${check.key}"` };
  const found = `${check.key} is ${value}, as the requester says`;
  if (check.equals !== undefined && String(value) !== check.equals)
    return { passed: false, found: `${found}, not ${check.equals}` };
  if (check.min !== undefined && !(Number(value) >= check.min))
    return { passed: false, found: `${found}, below ${check.min}` };
  if (check.max !== undefined && !(Number(value) <= check.max))
    return { passed: false, found: `${found}, above ${check.max}` };
  return { passed: true, found };
}
