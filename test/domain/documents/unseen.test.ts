import { describe, expect, it, test } from "vitest";
import { type Path, renderProblem } from "../../../functions/domain/documents/problems.ts";
import { resolvePlan } from "../../../functions/domain/plan/resolve.ts";
import { documents, environment, type Json, NOW, problems } from "../plan/documents.ts";

/** Terminal escape, NUL, C1, next line, overrides and isolates, marks, separators, half a character, no character. */
const DECEIVING = [
  "\u001B",
  "\u0000",
  "\u009B",
  "\u0085",
  "\u202A",
  "\u202E",
  "\u2066",
  "\u2069",
  "\u200E",
  "\u200F",
].concat(["\u061C", "\u2028", "\u2029", "\u000B", "\u000C", "\r", "\uD800", "\uDC00", "\uFFFF", "\uFFF9", "\u206B"]);

/** A release with a text in every place that takes one. */
const WHOLE = {
  "release.ticket": "JIRA-1234",
  "release.evidence": { "integration tests": "412 passed", report: "https://ci.shop.example/runs/1" },
  "release.emergency": { reason: "orders are lost" },
  "release.tighten": {
    prod: {
      alarms: ["shop-{environment}-errors"],
      approvals: [{ roles: { "tech-lead": 1 }, checklists: { "tech-lead": ["Rollback plan read"] } }],
      checks: [{ kind: "page", name: "store is up", url: "https://shop.example/", expect: { status: 200 } }],
    },
  },
};

/** Every text of a value, and every key, with its path. */
function textsIn(value: Json, at: Path = []): Path[] {
  if (typeof value === "string") return [at];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...at, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...at, key]));
}

function spoilt(document: Json, [key, ...rest]: Path, change: (text: string) => string): Json {
  if (key === undefined) return change(String(document));
  const copy = structuredClone(document) as Record<string | number, Json>;
  copy[key] = spoilt(copy[key] ?? null, rest, change);
  return copy;
}

const refusals = (policy: Json, release: Json) => {
  const resolution = resolvePlan(policy, release, { now: NOW });
  return resolution.ok
    ? []
    : resolution.problems.filter(({ message }) => message.startsWith("holds what cannot be seen and"));
};

describe("a text that would change how what is around it is read", () => {
  const { policy, release } = documents(WHOLE);

  test.each(DECEIVING.map((one) => [one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0"), one]))(
    "U+%s is refused in every text of a release and of a policy, wherever it stands",
    (name, one) => {
      for (const at of textsIn(release)) {
        const [found, ...more] = refusals(
          policy,
          spoilt(release, at, (text) => `${text.slice(0, 1)}${one}${text.slice(1)}`),
        );
        expect([at, found?.message]).toEqual([at, expect.stringContaining(`: U+${name}`)]);
        expect(more).toEqual([]);
      }
      for (const at of textsIn(policy)) {
        const found = refusals(
          spoilt(policy, at, (text) => `${text}${one}`),
          release,
        );
        expect([at, found]).toEqual([at, [expect.objectContaining({ path: expect.stringMatching(/^policy/) })]]);
      }
    },
  );

  test.each(["\u202E", "\n", "\uD800"])("%j is refused in a key", (one) => {
    const [problem] = refusals(policy, { ...(release as object), evidence: { [`load${one}test`]: "fine" } });
    expect(problem?.path).toBe(`release.evidence[${JSON.stringify(`load${one}test`)}]`);
  });

  it("is shown by its name, with the place and what to do", () => {
    const [problem] = refusals(policy, { ...(release as object), ticket: "JIRA\u202E4321" });
    expect(problem && renderProblem(problem)).toEqual([
      'release.ticket = "JIRA[U+202E]4321"',
      "    holds what cannot be seen and changes how it is read: U+202E",
      "    hint: type the text anew, without pasting",
    ]);
  });

  it.each(["release.summary", "release.emergency.reason", "release.ticket"])("is not all of %s", (path) => {
    expect(problems({ [path]: "\u200B \u3164" })).toEqual([
      expect.objectContaining({ path, message: "holds nothing that can be seen" }),
    ]);
  });

  it("says of a carriage return how lines are broken", () => {
    const [problem] = refusals(policy, { ...(release as object), summary: "one\r\ntwo" });
    expect(problem?.hint).toBe("write line breaks as \\n alone");
  });

  it("may have lines and tabs where people write sentences, and nowhere else", () => {
    const lines = "one\n\ttwo";
    const spoken = { summary: lines, emergency: { reason: lines }, evidence: { "load test": lines } };
    expect(refusals(policy, { ...(release as object), ...spoken })).toEqual([]);
    expect(refusals(policy, { ...(release as object), ticket: lines })).toHaveLength(1);
    expect(refusals(policy, { ...(release as object), artifacts: { order: { key: lines } } })).toHaveLength(1);
  });

  it("may have what letters and emoji are joined with", () => {
    expect(refusals(policy, { ...(release as object), summary: "می‌خواهم 👩‍💻 ❤️ क्‍ष" })).toEqual([]);
  });
});

describe("an address is taken in one spelling", () => {
  test.each([
    ["jane\u200B.doe@shop.example", "holds what cannot be seen: U+200B", "type it anew, without pasting"],
    ["jane.doe@shop.example\uFEFF", "holds what cannot be seen: U+FEFF", "type it anew, without pasting"],
    ["jane\uFE0F\u3164@shop.example", "holds what cannot be seen: U+FE0F, U+3164", "type it anew, without pasting"],
    ["\u00A0jane@shop.example", "holds what cannot be seen: U+00A0", "type it anew, without pasting"],
    ['"jane.doe"@shop.example', "is quoted", "leave out quotes and backslashes"],
    ["jane\\.doe@shop.example", "is quoted", "leave out quotes and backslashes"],
    ["(lead)jane@shop.example", "holds a comment", "leave out the parentheses and what is in them"],
    ["jane@shop.example(lead)", "holds a comment", "leave out the parentheses and what is in them"],
    ["jane@shop.example.", "ends in a dot", "leave out the last dot"],
    [
      "jane@b\u00FCcher.example",
      "has a domain with letters beyond ASCII",
      "write the domain in its ASCII form, xn--bcher-kva.example",
    ],
    [
      "jane@\u0440\u0430\u0443.example",
      "has a domain with letters beyond ASCII",
      "write the domain in its ASCII form, xn--80a5ak.example",
    ],
    [
      "j\u0430ne@shop.example",
      "has letters beyond ASCII before the @",
      "an e-mail address, such as jane.doe@example.com",
    ],
    [
      "\u212Aate@shop.example",
      "has letters beyond ASCII before the @",
      "an e-mail address, such as jane.doe@example.com",
    ],
    ["jane@shop", "is not in the expected form", "an e-mail address, such as jane.doe@example.com"],
    ["jane@127.0.0.1", "is not in the expected form", "an e-mail address, such as jane.doe@example.com"],
    ["jane..doe@shop.example", "is not in the expected form", "an e-mail address, such as jane.doe@example.com"],
    [
      "https://evil.example/x@shop.example",
      "is not in the expected form",
      "an e-mail address, such as jane.doe@example.com",
    ],
    ["Jane <jane@shop.example>", "is not in the expected form", "an e-mail address, such as jane.doe@example.com"],
  ])("not %j", (address, message, hint) => {
    const path = "policy.people.tech-lead";
    expect(problems({ [path]: [address] })).toEqual([{ path: `${path}[0]`, value: address, message, hint }]);
  });

  it("spells out what cannot be seen in it", () => {
    const [problem] = problems({ "release.requestedBy": "dev\u200B@shop.example" });
    expect(problem && renderProblem(problem)[0]).toBe('release.requestedBy = "dev[U+200B]@shop.example"');
  });

  it("may stand between spaces and in capitals, with what ASCII mailboxes are called", () => {
    const people = [" Jane.Doe+prod@Shop.Example ", "o'neil_{x}@xn--bcher-kva.example"];
    const [approval] = environment({ "policy.people.tech-lead": people }).approvals;
    expect(approval?.roles[0]?.people).toEqual(["jane.doe+prod@shop.example", "o'neil_{x}@xn--bcher-kva.example"]);
  });
});
