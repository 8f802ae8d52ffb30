import { describe, expect, test } from "vitest";
import { overhearersAmong } from "../../../functions/domain/approval/overhearing.ts";
import type { Listener } from "../../../functions/domain/ports.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const listener = (change: Partial<Listener>): Listener => ({
  id: "arn:1",
  protocol: "email",
  endpoint: ANN,
  hears: [ANN],
  ...change,
});
const found = (change: Partial<Listener>, people: readonly string[] | null = [ANN, BOB]) =>
  overhearersAmong([listener(change)], people).map(({ why }) => why);

describe("nobody overhears who", () => {
  test.each([
    ["hears their own mail alone", {}],
    ["is subscribed under another case", { endpoint: " Ann@Example.com" }],
    ["gets it as JSON", { protocol: "email-json" }],
    ["hears nothing, whoever they are", { endpoint: "eve@example.com", hears: [] }],
    ["is a machine that hears nothing", { protocol: "sqs", endpoint: "arn:aws:sqs:x", hears: [] }],
  ])("%s", (_what, change: Partial<Listener>) => {
    expect(found(change)).toEqual([]);
  });

  test("hears their own mail alone while nobody knows whom a policy names", () => {
    expect(found({ endpoint: "eve@example.com", hears: ["eve@example.com"] }, null)).toEqual([]);
  });
});

describe("somebody overhears who", () => {
  test.each([
    ["has no filter", { hears: "everything" }, "gets everybody's mail"],
    ["is of the policy, and has no filter", { endpoint: BOB, hears: "everything" }, "gets everybody's mail"],
    ["hears a colleague's mail, too", { hears: [ANN, BOB] }, `gets the mail of ${BOB}`],
    ["is a queue with one person's filter", { protocol: "sqs", endpoint: "arn:aws:sqs:x" }, `gets the mail of ${ANN}`],
    [
      "is a page with one person's address for its own",
      { protocol: "https", endpoint: ANN },
      `gets the mail of ${ANN}`,
    ],
    [
      "is nobody of the policy",
      { endpoint: "eve@example.com", hears: ["eve@example.com"] },
      "is nobody whom the policy names",
    ],
  ] as const)("%s", (_what, change, why) => {
    expect(found(change)).toEqual([why]);
  });
});
