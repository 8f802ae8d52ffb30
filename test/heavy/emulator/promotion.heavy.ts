import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadIntents } from "../../../functions/domain/ledger/load.ts";
import { storePolicy } from "../../../functions/domain/ledger/policies.ts";
import type { Route } from "../../../functions/domain/ports.ts";
import { type AliasRoute, type LambdaAliasPlan, lambdaAlias } from "../../../functions/targets/lambda-alias/kind.ts";
import { type Emulator, type Ended, PLACE, startEmulator } from "./emulator.ts";
import { nestedByFunction, openNesting } from "./nesting.ts";
import { ALIAS, BUCKET, createBucket, createFunction, upload, zipOf } from "./target-account.ts";
import { TimeLapse } from "./time-lapse.ts";
import { answerMail } from "./waiting-promotion.ts";

const LEAD = "lead@shop.example";
const ON_CALL = "on-call@shop.example";

let emulator: Emulator;
let lapse: TimeLapse;
/** Executions that others started, in the order of their ends. */
let children: readonly Ended[];
beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.createTable();
  await emulator.createTopic([LEAD, ON_CALL]);
  await emulator.createMachines(nestedByFunction);
  await createBucket();
  children = openNesting(emulator);
  lapse = new TimeLapse(emulator);
});
beforeEach(() => void emulator.door.inbox.splice(0));
afterAll(async () => emulator?.stop());

const policyOf = (functionName: string) => ({
  apiVersion: "headgate/v1",
  order: ["prod"],
  people: { "tech-lead": [LEAD], "on-call": [ON_CALL] },
  environments: {
    prod: {
      account: PLACE.account,
      region: PLACE.region,
      pageTo: [ON_CALL],
      notices: [ON_CALL],
      approvals: [{ roles: { "tech-lead": 1 } }],
    },
  },
  services: {
    shop: {
      targets: [
        {
          name: "order",
          kind: "lambda-alias",
          functionName,
          alias: ALIAS,
          probe: { payload: { ping: true }, expect: { status: "ok" } },
        },
      ],
      rollout: {
        steps: [
          { weight: 10, bake: "12m" },
          { weight: 100, bake: "12m" },
        ],
      },
    },
  },
});

interface Promoted extends Ended {
  readonly route: Route;
  /** Where the journal says that traffic was sent, in order, and what came of it. */
  readonly journal: readonly string[];
}

/** Promotes a release of `functionName` whose candidate, version 2, fails as often as said. */
async function promote(functionName: string, candidateErrors: number): Promise<Promoted> {
  const { door, deps } = emulator;
  await createFunction(emulator, functionName);
  door.functions.set(functionName, async () => ({ status: "ok" }));
  await storePolicy(deps, policyOf(functionName));
  const { traffic } = deps.target(PLACE, targetOf(functionName));
  const errorRate = (version: string) => (version === "2" ? candidateErrors : 0.002);
  await lapse.watch({ functionName, alias: ALIAS, traffic, perMinute: 60_000, errorRate });

  const execution = await emulator.start("promotion", await releaseOf(functionName));
  await answerMail(emulator, LEAD, "approved");
  const ended = await emulator.endOf(execution);
  return { ...ended, route: (await traffic.read()).route, journal: await journalOf(promotionIdOf()) };
}

async function releaseOf(functionName: string) {
  const key = `${functionName}/v1.4.0.zip`;
  const versionId = await upload(key, zipOf(2));
  return {
    apiVersion: "headgate/v1",
    service: "shop",
    version: "v1.4.0",
    commit: "0a1b2c3d",
    requestedBy: "dev@shop.example",
    risk: "low",
    summary: "Faster checkout.",
    artifacts: { order: { bucket: BUCKET, key, versionId } },
    environments: ["prod"],
  };
}

const targetOf = (functionName: string): LambdaAliasPlan => ({
  name: "order",
  kind: "lambda-alias",
  functionName,
  alias: ALIAS,
  resource: `arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:${functionName}:${ALIAS}`,
  resources: [`arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:${functionName}:${ALIAS}`],
  artifact: { from: "version", version: "2" },
  reversible: true,
});

function promotionIdOf(): string {
  const { payload } = emulator.door.invocations.findLast(({ name }) => name === "enter-environment") ?? {};
  return (payload as { promotionId: string }).promotionId;
}

async function journalOf(promotionId: string): Promise<string[]> {
  const intents = await loadIntents(emulator.deps.ledger, promotionId, "prod");
  return intents.map(
    ({ purpose, to, result }) => `${purpose}: ${lambdaAlias.inWords(to as AliasRoute)}: ${result?.outcome}`,
  );
}

test("a good release goes from the console's input to promoted, step by step, on one person's word", async () => {
  const { status, error, states, route, journal } = await promote("shop-prod-order", 0.002);

  expect({ status, error }).toEqual({ status: "SUCCEEDED", error: undefined });
  expect(states.at(-1)).toBe("Promoted");
  expect(route).toEqual({ primary: "2", secondary: null });
  expect(journal).toEqual([
    "shift: version 1, 10 % on 2: applied",
    "shift: version 1, 100 % on 2: applied",
    "finish: version 2: applied",
  ]);
  const [approval, first, second, rollout] = children.map((child) => child.states.join(", "));
  expect(approval).toMatch(/^Ask approval, .*Decided$/);
  expect(first).toMatch(/^Begin bake(, Wait one tick, Judge, Verdict\?){12,13}, Baked$/);
  expect(second).toMatch(/^Begin bake(, Wait one tick, Judge, Verdict\?){12,13}, Baked$/);
  expect(rollout).toMatch(/^Capture baseline, .*Completed$/);
  expect(mailsTo(ON_CALL)).toEqual([
    "shop v1.4.0: promotion started",
    "shop v1.4.0: 10 % in prod",
    "shop v1.4.0: 100 % in prod",
    "shop v1.4.0: promoted",
  ]);
});

test("a bad one is put back by the machine, and ends as what it was", async () => {
  const { status, error, states, route, journal } = await promote("shop-prod-cart", 0.2);

  expect({ status, error }).toEqual({ status: "FAILED", error: "rolled-back" });
  expect(states.slice(-4)).toEqual(["Roll back", "Close promotion", "Outcome?", "Not promoted"]);
  expect(route).toEqual({ primary: "1", secondary: null });
  expect(journal).toEqual(["shift: version 1, 10 % on 2: applied", "restore: version 1: applied"]);
  expect(mailsTo(ON_CALL)).toEqual([
    "shop v1.4.0: promotion started",
    "shop v1.4.0: 10 % in prod",
    "shop v1.4.0: rolled-back",
  ]);
});

function mailsTo(address: string): string[] {
  return emulator.door.inbox.filter(({ to }) => to === address).map(({ subject }) => subject);
}
