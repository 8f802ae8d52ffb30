import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { FUNCTIONS, type FunctionRow, PARTITIONS, type Partition, placeholderOf } from "../../infra/functions.ts";
import { MACHINES, machinePlaceholder } from "../../infra/parts/machines.ts";
import { isChild, isTokenWait, label, placeholderIn, tasks } from "../statemachine/definition.ts";

const rowOf = (placeholder: string): FunctionRow | undefined =>
  FUNCTIONS.find(({ name }) => placeholderOf(name) === placeholder);

describe("the table of functions", () => {
  test("has a row for each handler's file, and none else", () => {
    const files = readdirSync(new URL("../../functions", import.meta.url)).filter((name) => name.endsWith(".ts"));
    expect(new Set(FUNCTIONS.map(({ name }) => `${name}.ts`))).toEqual(new Set(files));
    expect(FUNCTIONS).toHaveLength(files.length);
  });

  test("has a function for each placeholder of the machines that is no machine", () => {
    const machines = MACHINES.map(machinePlaceholder);
    const unknown = tasks.filter((named) => {
      const placeholder = placeholderIn(named);
      return isChild(named) ? !machines.some((name) => name === placeholder) : rowOf(placeholder)?.trigger !== "task";
    });
    expect(unknown.map(label)).toEqual([]);
  });

  test("has no task that no machine runs", () => {
    const used = new Set(tasks.map(placeholderIn));
    const idle = FUNCTIONS.filter(({ name, trigger }) => trigger === "task" && !used.has(placeholderOf(name)));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });

  test("ends each invocation before the state that started it gives up", () => {
    for (const named of tasks.filter((task) => !isChild(task) && !isTokenWait(task))) {
      const { timeoutSeconds = Number.POSITIVE_INFINITY } = rowOf(placeholderIn(named)) ?? {};
      expect(timeoutSeconds, label(named)).toBeLessThan(named.state.TimeoutSeconds ?? 0);
    }
  });

  test("lets requests be answered before API Gateway gives up after 29 s", () => {
    const requested = FUNCTIONS.filter(({ trigger }) => trigger === "request");
    expect(requested.map(({ name }) => name)).toEqual([
      "approval-page",
      "decide",
      "revoke",
      "start-promotion",
      "show-promotion",
      "operate",
      "rotate-links",
    ]);
    for (const { timeoutSeconds } of requested) expect(timeoutSeconds).toBeLessThan(29);
  });
});

describe("families of partitions", () => {
  const families = Object.values(PARTITIONS).flat();
  const familiesOf = (pk: string) =>
    families.filter((family) => (family.endsWith("*") ? pk.startsWith(family.slice(0, -1)) : pk === family));

  const place = { account: "1", region: "r", roleArn: null };
  const made = [
    keys.policyCurrent(),
    keys.revoked("ann@example.com"),
    keys.header("p"),
    keys.planPart("p", "e", 0),
    keys.approval("p", "e", "a"),
    keys.decision("p", "e", "a", "r", "w"),
    keys.decider("p", "e", "a", "w"),
    keys.auditHead("p"),
    keys.audit("p", 1),
    keys.auditId("p", "x"),
    keys.sent("p", "n"),
    keys.lock("arn"),
    keys.link("h"),
    keys.alarm(place, "a", "p", "e"),
    keys.open("p"),
    keys.kept(0, "p", "e"),
    keys.start("arn"),
    keys.active("e", "s"),
    keys.linkEpoch(),
  ];

  test.each([...new Set(made.map(({ pk }) => pk))])("hold the partition %s in exactly one", (pk) => {
    expect(familiesOf(pk)).toHaveLength(1);
  });

  test("are all in use", () => {
    expect(new Set(made.flatMap(({ pk }) => familiesOf(pk)))).toEqual(new Set(families));
  });

  test("of the policy are written by no function at all", () => {
    expect(FUNCTIONS.filter(({ writes }) => writes.includes("policy"))).toEqual([]);
  });

  const writing = (family: Partition) => FUNCTIONS.filter(({ writes }) => writes.includes(family));

  test("of plans are written by the function that opens a promotion alone", () => {
    expect(writing("plans").map(({ name }) => name)).toEqual(["open-promotion"]);
  });

  test("lose nothing by anybody, but what is listed for a while and the answers of an earlier round", () => {
    const deleting = FUNCTIONS.flatMap(({ name, deletes }) => deletes.map((family) => `${name}: ${family}`));
    expect(deleting).toEqual([
      "ask-approval: approvals",
      "record-environment: alarms",
      "close-promotion: alarms",
      "close-promotion: open",
      "operate: registry",
      "status-listener: alarms",
      "status-listener: open",
      "sweeper: alarms",
      "sweeper: open",
      "retire-versions: kept",
    ]);
  });

  test("of starts are written by the signed route alone, so that nobody else can say who started what", () => {
    expect(FUNCTIONS.filter(({ writes }) => writes.includes("starts")).map(({ name }) => name)).toEqual([
      "start-promotion",
    ]);
  });

  test("of promotions are closed to the function that starts them", () => {
    const row = FUNCTIONS.find(({ name }) => name === "start-promotion");
    expect([row?.reads, row?.writes]).toEqual([["policy", "starts"], ["starts"]]);
  });

  test("of the links' epoch are written by the signed route alone, which sees nothing else but who its callers are", () => {
    expect(FUNCTIONS.filter(({ writes }) => writes.includes("linkEpoch")).map(({ name }) => name)).toEqual([
      "rotate-links",
    ]);
    const row = FUNCTIONS.find(({ name }) => name === "rotate-links");
    expect([row?.reads, row?.writes, row?.deletes]).toEqual([["linkEpoch", "policy"], ["linkEpoch"], []]);
  });

  test("of the links' epoch are open to those alone who make or check links, or look for old ones", () => {
    const reading = FUNCTIONS.filter(({ reads }) => reads.includes("linkEpoch"));
    expect(reading.map(({ name }) => name)).toEqual([
      "ask-approval",
      "settle-approval",
      "judge",
      "approval-page",
      "decide",
      "rotate-links",
      "status-listener",
      "sweeper",
    ]);
  });
});

describe("rows", () => {
  test("that show how promotions stand write nothing, and see no link, no start and no secret", () => {
    const { reads, writes, deletes, mails, wakes, accounts } =
      FUNCTIONS.find(({ name }) => name === "show-promotion") ?? {};
    expect(reads).toEqual(["promotion", "plans", "audit", "approvals", "open"]);
    expect({ writes, deletes, accounts }).toEqual({ writes: [], deletes: [], accounts: [] });
    expect({ mails, wakes }).toEqual({ mails: false, wakes: false });
  });

  const doing = (use: FunctionRow["accounts"][number]) =>
    FUNCTIONS.filter(({ accounts }) => accounts.includes(use)).map(({ name }) => name);

  test("that may move traffic are those that shift, start and follow what moves by itself, finish and restore", () => {
    expect(doing("move-traffic")).toEqual([
      "shift-traffic",
      "start-drive",
      "follow-drive",
      "finish-rollout",
      "restore-traffic",
      "operate",
      "alarm-listener",
      "status-listener",
      "sweeper",
    ]);
  });

  test("that may start promotions are the signed route alone", () => {
    expect(FUNCTIONS.filter(({ startsPromotions }) => startsPromotions).map(({ name }) => name)).toEqual([
      "start-promotion",
    ]);
  });

  test("that may have traffic restored are the operator's route alone", () => {
    expect(FUNCTIONS.filter(({ startsRestores }) => startsRestores).map(({ name }) => name)).toEqual(["operate"]);
  });

  test("that may have approvals settled are those that take decisions or say who may, and they wake nobody themselves", () => {
    const deciding = FUNCTIONS.filter(({ startsSettling }) => startsSettling);
    expect(deciding.map(({ name, wakes }) => [name, wakes])).toEqual([
      ["approval-page", false],
      ["decide", false],
      ["revoke", false],
    ]);
  });

  test("that may change code are those that deploy it and put it back, after a stop too", () => {
    expect(doing("publish-code")).toEqual(["deploy-candidate", "restore-code", "status-listener", "sweeper"]);
  });
});
