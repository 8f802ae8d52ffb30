import { describe, expect, test } from "vitest";
import { checkDecision } from "../../../functions/domain/approval/answer.ts";
import type { ApprovalRecord } from "../../../functions/domain/approval/approval.ts";
import { bindingOf } from "../../../functions/domain/approval/binding.ts";
import { checkFormToken, FORM_LIFE_MS, formToken } from "../../../functions/domain/approval/form-token.ts";
import { gateResults } from "../../../functions/domain/approval/trail.ts";
import {
  consequenceInWords,
  deadlineInWords,
  instantInWords,
  spanInWords,
  utc,
} from "../../../functions/domain/approval/words.ts";
import { oneLine } from "../../../functions/domain/text.ts";
import { hmacSha256 } from "../../../functions/runtime/dependencies.ts";
import { A, infra, lead, record } from "../../support/approval-record.ts";
import { environmentPlan, HOUR, role, START, sha256 } from "../../support/approval-scene.ts";

describe("checking an answer", () => {
  const asked = record([role("lead", [A], ["tests", "docs"]), infra]);
  const full = {
    role: "lead",
    address: A,
    decision: "approved",
    comment: "",
    checklist: ["docs", "tests"],
    version: "v1",
  } as const;
  const check = (change: Partial<Parameters<typeof checkDecision>[2]>) =>
    checkDecision(asked, "v1", { ...full, ...change }).map(({ what, message }) => `${what}: ${message}`);

  test("finds nothing missing in a full one", () => {
    expect(check({})).toEqual([]);
    expect(check({ version: " v1\n", address: "ANN@example.com" })).toEqual([]);
  });

  test("refuses the requester, and whoever started it, before anything else, and who is not asked in that role", () => {
    const refused = ["party: whoever requested the release or started it does not decide about it"];
    expect(check({ address: "Requester@Example.com", version: "" })).toEqual(refused);
    const started = { ...asked, startedBy: "arn:aws:sts::093646564004:assumed-role/SSO/Ann@example.com" };
    expect(checkDecision(started, "v1", full).map(({ what, message }) => `${what}: ${message}`)).toEqual(refused);
    expect(checkDecision({ ...asked, startedBy: "arn:aws:iam::093646564004:user/ann" }, "v1", full)).toEqual([]);
    expect(check({ role: "infra", version: "" })).toEqual([`role: ${A} is not asked as infra in this approval`]);
  });

  test("names every box, the version and the comment", () => {
    expect(check({ checklist: ["docs"], version: "v2" })).toEqual([
      "checklist: not ticked: tests",
      "version: the version typed is not the one of this release",
    ]);
    expect(check({ version: "  " })).toEqual(["version: type the release's version"]);
    expect(check({ comment: "x".repeat(2_000) })).toEqual([]);
    expect(check({ comment: "x".repeat(2_001) })).toEqual(["comment: the comment is longer than 2000 characters"]);
  });

  test("a rejection needs a reason and the version, and no box", () => {
    expect(check({ decision: "rejected", checklist: [], comment: " no " })).toEqual([]);
    expect(check({ decision: "rejected", checklist: [], comment: " \n", version: "" })).toEqual([
      "version: type the release's version",
      "comment: say in the comment why you reject",
    ]);
  });
});

describe("the form's token", () => {
  const deps = { mac: hmacSha256, hash: sha256 };
  const asked = record([lead]);

  test("holds for its link, its approval as it stands, and its time", () => {
    const token = formToken(deps, "link", asked, START);
    const check = (link: string, about: ApprovalRecord, now: number) => checkFormToken(deps, token, link, about, now);

    expect(check("link", asked, START + FORM_LIFE_MS - 1)).toBe("valid");
    expect(check("link", asked, START + FORM_LIFE_MS)).toBe("outdated");
    expect(check("another", asked, START)).toBe("forged");
    expect(check("link", { ...asked, state: "approved" }, START)).toBe("forged");
    expect(check("link", { ...asked, binding: "other evidence" }, START)).toBe("forged");
    expect(check("link", { ...asked, askedAt: START + 1 }, START)).toBe("forged");
    expect(check("link", { ...asked, revision: 9, news: true }, START)).toBe("valid");
  });

  test("ends with the approval when that comes first", () => {
    const token = formToken(deps, "link", asked, START + 47 * HOUR);

    expect(checkFormToken(deps, token, "link", asked, START + 48 * HOUR - 1)).toBe("valid");
    expect(checkFormToken(deps, token, "link", asked, START + 48 * HOUR)).toBe("outdated");
  });

  test("is forged with anything before or behind it", () => {
    const token = formToken(deps, "link", asked, START);

    expect(checkFormToken(deps, `A${token}`, "link", asked, START)).toBe("forged");
    expect(checkFormToken(deps, `${token}0`, "link", asked, START)).toBe("forged");
  });

  test("is no signature that something else could have, by a key that the mail alone holds", () => {
    const signed: string[] = [];
    formToken({ ...deps, mac: (key, text) => String(signed.push(`${key} ${text}`)) }, "link", asked, START);

    expect(signed).toEqual([`link ["form","${sha256("link")}","waiting",${START},"b",${START + FORM_LIFE_MS}]`]);
  });

  test.each(["", ".", "abc", `x.${"0".repeat(63)}`, `X.${"0".repeat(64)}`, ` x.${"0".repeat(64)}`])(
    "%j is forged",
    (token) => {
      expect(checkFormToken(deps, token, "link", asked, START)).toBe("forged");
    },
  );
});

test("what a decision is bound to changes with any part of it, and with nothing else", () => {
  const header = { promotionId: "p", planHash: "h", startedBy: null };
  const about = {
    header,
    release: {
      service: "s",
      version: "v1",
      commit: "c",
      ticket: null,
      requestedBy: "r",
      risk: "low",
      summary: "",
      evidence: { a: 1, b: 2 },
      emergency: null,
    },
    plan: environmentPlan([]),
    approval: "before",
    gates: [],
    trail: null,
  } as const;
  const changed = [
    { header: { ...header, promotionId: "q" } },
    { header: { ...header, planHash: "i" } },
    { header: { ...header, startedBy: "arn:aws:iam::1:user/sam" } },
    { release: { ...about.release, version: "v2" } },
    { plan: { ...about.plan, environment: "sit" } },
    { plan: { ...about.plan, targets: [] } },
    {
      plan: {
        ...about.plan,
        targets: about.plan.targets.map((target) => ({
          ...target,
          artifact: { from: "version", version: "18" } as const,
        })),
      },
    },
    { approval: "after" },
    { trail: sha256("an entry") },
    { gates: [{ name: "x", passed: true, found: "" }] },
  ].map((change) => bindingOf(sha256, { ...about, ...change }));

  expect(new Set([...changed, bindingOf(sha256, about)]).size).toBe(11);
  expect(bindingOf(sha256, { ...about, release: { ...about.release, evidence: { b: 2, a: 1 } } })).toBe(
    bindingOf(sha256, about),
  );
});

test("of each check the newest result is shown, in the order of the first", () => {
  const entry = (
    sequence: number,
    name: unknown,
    passed: unknown,
    found: unknown,
    environment = "prod",
    kind = "checked",
  ) => ({
    id: `${sequence}`,
    kind,
    summary: `summary ${sequence}`,
    environment,
    data: { name, passed, found },
    sequence,
    at: sequence,
    previous: "",
    hash: "",
  });
  const trail = [
    entry(1, "alarms", false, "1 red"),
    entry(2, "soak", true, "25h"),
    entry(3, "alarms", true, "none red"),
    entry(4, "alarms", false, "elsewhere", "sit"),
    entry(5, "alarms", false, "not a check", "prod", "verdict"),
    entry(6, undefined, "yes", undefined),
    { ...entry(7, "", "", ""), data: undefined },
  ].map(({ data, ...rest }) => (data === undefined ? rest : { ...rest, data }));

  expect(gateResults(trail, "prod")).toEqual([
    { name: "alarms", passed: true, found: "none red" },
    { name: "soak", passed: true, found: "25h" },
    { name: "summary 6", passed: false, found: "summary 6" },
    { name: "summary 7", passed: false, found: "summary 7" },
  ]);
});

describe("words", () => {
  test.each([
    [-5, "less than a minute"],
    [59_999, "less than a minute"],
    [60_000, "1 minute"],
    [3_599_999, "59 minutes"],
    [3_600_000, "1 hour"],
    [3_660_000, "1 hour 1 minute"],
    [86_400_000, "1 day"],
    [2 * 86_400_000 + 3 * 3_600_000 + 240_000, "2 days 3 hours"],
    [86_400_000 + 120_000, "1 day 2 minutes"],
  ])("%i ms is %s", (ms, words) => {
    expect(spanInWords(ms)).toBe(words);
  });

  test("an instant is said in its zone, also across the end of summer time", () => {
    expect(instantInWords(Date.UTC(2026, 9, 25, 0, 30), "Europe/Berlin")).toBe("Sunday 25 October 2026, 02:30");
    expect(instantInWords(Date.UTC(2026, 9, 25, 1, 30), "Europe/Berlin")).toBe("Sunday 25 October 2026, 02:30");
    expect(instantInWords(Date.UTC(2026, 0, 1, 0, 0), "UTC")).toBe("Thursday 1 January 2026, 00:00");
    expect(() => instantInWords(0, "Mars/Olympus")).toThrow(RangeError);
  });

  test("a deadline is said in UTC too", () => {
    expect(utc(START)).toBe("2026-11-26 08:00 UTC");
    expect(deadlineInWords(START, null)).toBe("Thursday 26 November 2026, 08:00 UTC");
    expect(deadlineInWords(START, "Asia/Tokyo")).toBe(
      "Thursday 26 November 2026, 17:00 (Asia/Tokyo), 2026-11-26 08:00 UTC",
    );
  });

  const STAYS = "Traffic stays as it is and is watched: a bad verdict brings it back without waiting for you.";
  const NONE = "No traffic has moved, and none will.";
  const BACK = "Traffic goes back to the version that served before.";
  test.each([
    ["approved", "before", "The release goes on by itself."],
    ["approved", 50, "The release goes on by itself."],
    ["waiting", "before", "Until everybody who is needed has answered, no traffic moves."],
    ["waiting", "at-0", "Until everybody who is needed has answered, no traffic moves."],
    ["waiting", 50, STAYS],
    ["waiting", "after", STAYS],
    ["rejected", "before", NONE],
    ["expired", "at-0", NONE],
    ["rejected", 10, BACK],
    ["superseded", "after", BACK],
  ] as const)("what follows for traffic when %s at %s", (state, when, words) => {
    expect(consequenceInWords(state, when)).toBe(words);
  });

  test("one line stays one line, and short", () => {
    expect(oneLine(" a\r\n\tb\u2028c\u0000d ")).toBe("a b c d");
    expect(oneLine("x".repeat(300))).toBe("x".repeat(300));
    expect(oneLine("x".repeat(301))).toBe(`${"x".repeat(299)}…`);
  });
});
