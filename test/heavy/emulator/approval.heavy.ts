import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keys } from "../../../functions/domain/ledger/keys.ts";
import { loadHeader } from "../../../functions/domain/ledger/load.ts";
import { asPause } from "../../../functions/domain/ledger/pauses.ts";
import { storePolicy } from "../../../functions/domain/ledger/policies.ts";
import { fromGateway } from "../../../functions/runtime/http.ts";
import { startPromotion } from "../../../functions/start-promotion.ts";
import { definitionOf } from "../../../sandbox/host/deployment.ts";
import { apiEvent } from "../../../sandbox/host/gateway.ts";
import { documents } from "../../domain/plan/documents.ts";
import { INFRA, LEAD } from "../../support/approval-scene.ts";
import { type Emulator, startEmulator, until } from "./emulator.ts";
import { answerMail, waitingPromotion } from "./waiting-promotion.ts";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.createTable();
  await emulator.createTopic([LEAD, INFRA]);
  await emulator.createMachines();
});
beforeEach(() => {
  emulator.door.inbox.splice(0);
  emulator.installHandlers();
});
afterAll(async () => emulator?.stop());

const START = { method: "POST", path: "/promotions", pathParameters: {}, contentType: "application/json" };

/** Names of promotions, one for each test: they share the ledger. */
let promotions = 0;
const nextId = () => {
  promotions += 1;
  return `bbws-store-v1.4.0-${promotions}`;
};

/** The token under which the approval waits, once it does; another one than `before`. */
function tokenOf(promotionId: string, before = ""): Promise<string> {
  return until("the pause", async () => {
    const found = await emulator.deps.ledger.read(keys.pause(promotionId, "prod", "approval-before"));
    const token = found === undefined ? before : asPause(found).token;
    return token === before ? undefined : token;
  });
}

describe("an approval", () => {
  test("sleeps until each answer, and ends with the last one", async () => {
    const input = await waitingPromotion(emulator, nextId());
    const execution = await emulator.start("approval", input);

    const first = await tokenOf(input.promotionId);
    expect(await answerMail(emulator, LEAD, "approved")).toBe(303);
    await tokenOf(input.promotionId, first);
    expect(await answerMail(emulator, INFRA, "approved")).toBe(303);

    const { status, output, states } = await emulator.endOf(execution);
    expect({ status, outcome: output.outcome }).toEqual({ status: "SUCCEEDED", outcome: "approved" });
    const slept = ["Wait for decision", "Settle approval", "Settled?"];
    expect(states).toEqual(["Ask approval", "Settled?", ...slept, ...slept, "Decided"]);
  });

  test("ends with the first no", async () => {
    const input = await waitingPromotion(emulator, nextId());
    const execution = await emulator.start("approval", input);

    await tokenOf(input.promotionId);
    expect(await answerMail(emulator, INFRA, "rejected")).toBe(303);

    expect((await emulator.endOf(execution)).output.outcome).toBe("rejected");
  });

  test("that nobody answers expires when its time is up: the wait takes its seconds from the state's input", async () => {
    const input = await waitingPromotion(emulator, nextId(), { expiresSeconds: 3, remindSeconds: null });
    const begun = Date.now();

    const { status, output, states } = await emulator.run("approval", input);

    expect({ status, outcome: output.outcome }).toEqual({ status: "SUCCEEDED", outcome: "expired" });
    expect(states.slice(-4)).toEqual(["Wait for decision", "Settle approval", "Settled?", "Decided"]);
    expect(Date.now() - begun).toBeGreaterThan(3_000);
  });

  test("answered before the pause has kept its token is not slept through", async () => {
    const input = await waitingPromotion(emulator, nextId());
    const pause = emulator.door.functions.get("pause");
    emulator.door.functions.set("pause", async (event, qualifier) => {
      await answerMail(emulator, LEAD, "approved");
      await answerMail(emulator, INFRA, "approved");
      return pause?.(event, qualifier);
    });

    const { output, states } = await emulator.run("approval", input);

    expect(output.outcome).toBe("approved");
    expect(states.filter((state) => state === "Wait for decision")).toHaveLength(1);
  });

  test("leaves a token on which nobody waits: waking it is no error, and says so", async () => {
    const input = await waitingPromotion(emulator, nextId());
    const execution = await emulator.start("approval", input);
    const token = await tokenOf(input.promotionId);
    await answerMail(emulator, LEAD, "rejected");
    await emulator.endOf(execution);

    expect(await emulator.deps.executions.wake(token)).toBe(false);
    expect(await emulator.deps.executions.wake("never issued")).toBe(false);
  });
});

describe("trouble", () => {
  test("with the ledger is tried again by the machine, once the SDK's own tries are used up", async () => {
    const input = await waitingPromotion(emulator, nextId(), { expiresSeconds: 1 });
    const of = "DynamoDB_20120810.TransactWriteItems";
    // The SDK's own default for DynamoDB; three for the other services.
    emulator.door.failNext({ of, times: 4, status: 500, error: "InternalServerError" });

    expect((await emulator.run("approval", input)).output.outcome).toBe("expired");
    expect(asked(input.promotionId)).toBe(2);
  });

  test("with Lambda itself is tried again by the machine", async () => {
    const input = await waitingPromotion(emulator, nextId(), { expiresSeconds: 1 });
    emulator.door.failNext({ of: "ask-approval", times: 2, status: 429, error: "TooManyRequestsException" });

    expect((await emulator.run("approval", input)).output.outcome).toBe("expired");
    expect(asked(input.promotionId)).toBe(1);
  });

  test.each([
    ["BrokenRecord", { promotionId: "nobody", environment: "prod", approval: "before" }],
    ["BadInput", { promotionId: "", environment: "prod", approval: "before" }],
  ])("of the kind %s is caught by its name at once, and travels as an outcome", async (name, input) => {
    const { status, output } = await emulator.run("approval", input);

    expect({ status, outcome: output.outcome }).toEqual({ status: "SUCCEEDED", outcome: "errored" });
    expect(JSON.parse(String(output.summary))).toMatchObject({ Error: name });
    expect(asked(input.promotionId)).toBe(1);
  });

  test("of a function that does not answer is timed out, and tried again", async () => {
    const input = await waitingPromotion(emulator, nextId(), { expiresSeconds: 1 });
    const impatient = definitionOf("approval").replaceAll('"TimeoutSeconds": 130', '"TimeoutSeconds": 2');
    const machine = await emulator.createMachine("impatient", impatient);
    const ask = emulator.door.functions.get("ask-approval");
    let calls = 0;
    emulator.door.functions.set("ask-approval", async (event, qualifier) => {
      calls += 1;
      if (calls === 1) await sleep(4_000);
      return ask?.(event, qualifier);
    });

    expect((await emulator.run(machine, input)).output.outcome).toBe("expired");
    expect(calls).toBeGreaterThan(1);
  });

  test("of a waiter whose heart stops beating is caught like a time-out", async () => {
    const input = await waitingPromotion(emulator, nextId(), { expiresSeconds: 3, remindSeconds: null });
    const token = '"TimeoutSecondsPath": "$.asked.wait.seconds"';
    const withHeart = definitionOf("approval").replace(token, `${token}, "HeartbeatSeconds": 1`);
    const machine = await emulator.createMachine("beating", withHeart);

    const { output, states } = await emulator.run(machine, input);

    expect(output.outcome).toBe("expired");
    expect(states.filter((state) => state === "Settle approval").length).toBeGreaterThan(1);
  });

  function asked(promotionId: string): number {
    const mine = (payload: unknown) => (payload as { promotionId: string }).promotionId === promotionId;
    return emulator.door.invocations.filter(({ name, payload }) => name === "ask-approval" && mine(payload)).length;
  }
});

describe("an execution", () => {
  test("that is stopped is aborted for whoever looks; one that never was is unknown", async () => {
    const { promotionId } = await waitingPromotion(emulator, nextId());
    const { executionArn: execution } = await loadHeader(emulator.deps.ledger, promotionId);
    const { executions } = emulator.deps;
    expect(await executions.status(execution)).toBe("RUNNING");

    await emulator.halt(execution);
    await emulator.endOf(execution);

    expect(await executions.status(execution)).toBe("ABORTED");
    expect(await executions.status(`${execution}-never`)).toBeUndefined();
  });

  test("that was started through the API is found by the machine's first handler under who signed for it", async () => {
    const { deps } = emulator;
    const { policy, release } = documents();
    await storePolicy(deps, policy);
    const caller = "arn:aws:sts::123456789012:assumed-role/Release/sam";
    const body = JSON.stringify({ release });

    const answer = await startPromotion(deps)(fromGateway(apiEvent({ ...START, body, caller })));

    expect(answer.status).toBe(201);
    const { executionArn } = JSON.parse(answer.body) as { executionArn: string };
    const header = await until("the promotion's header", async () => {
      const open = (await deps.ledger.list("OPEN", "PROMOTION#")).find((one) => one.executionArn === executionArn);
      return open === undefined ? undefined : loadHeader(deps.ledger, String(open.promotionId));
    });
    expect(header.startedBy).toBe(caller);
  });

  test("is started once under one name, and the name is taken for another input", async () => {
    const { executions } = emulator.deps;

    expect(await executions.start("once", { service: "nobody's" })).toBe("started");

    expect(await executions.status(executions.arnOf("once"))).toBeDefined();
    expect(await executions.start("once", { service: "somebody's" })).toBe("taken");
  });
});
