import { expect, it } from "vitest";
import { BrokenRecord } from "../../../functions/domain/errors.ts";
import { everyGate, gateOf } from "../../../functions/domain/gates/kinds/table.ts";
import { FUNCTIONS } from "../../../infra/functions.ts";

it("knows a kind by the word that policies use", () => {
  for (const [kind, gate] of everyGate()) expect(gateOf(kind)).toBe(gate);
});

it.each(["ftp", "toString", ""])('takes "%s" in a plan for a broken record', (kind) => {
  expect(() => gateOf(kind)).toThrow(BrokenRecord);
});

it("says of each kind what its function needs, and the function is granted that, and a look at what serves", () => {
  const needs = Object.fromEntries(everyGate().map(([kind, gate]) => [kind, gate.needs]));
  expect(needs).toEqual({
    "alarms-ok": { accounts: ["watch"] },
    http: {},
    invoke: { accounts: ["invoke"] },
    metric: { accounts: ["watch"] },
    soaked: { reads: ["registry"] },
    evidence: {},
  });
  const row = FUNCTIONS.find(({ name }) => name === "check-gates");
  expect(row).toMatchObject({
    accounts: ["read-traffic", "watch", "invoke"],
    reads: ["promotion", "plans", "audit", "registry"],
  });
});

it("names the functions that an invoke gate needs a grant for, and none for another", () => {
  expect(gateOf("invoke").invokes?.({ functionName: "shop-{environment}" })).toEqual(["shop-{environment}"]);
  for (const [kind, { invokes }] of everyGate()) if (kind !== "invoke") expect(invokes).toBeUndefined();
});

it("asks the sandbox for the alarms without which alarms-ok cannot pass: a prefix has to find one", () => {
  const plan = { name: "a", when: "before", onFail: "block", kind: "alarms-ok", names: ["red"] } as const;
  expect(gateOf("alarms-ok").alarms?.(plan)).toEqual(["red"]);
  const prefixed = { ...plan, prefix: "shop" };
  expect(gateOf("alarms-ok").alarms?.(prefixed)).toEqual(["red", "shop-health"]);
});
