import { describe, expect, test } from "vitest";
import { hideSecrets, openLog } from "../../functions/runtime/log.ts";
import { testHost } from "./test-host.ts";

const printed = (about: Readonly<Record<string, unknown>>, environment: Record<string, string> = {}) => {
  const { host, lines } = testHost(environment);
  openLog(host, { promotionId: "p1" }).info("message", about);
  return lines[0];
};

describe("what opens a door never reaches the log", () => {
  test.each([
    "token",
    "taskToken",
    "TaskToken",
    "link",
    "links",
    "approvalLink",
    "authorization",
    "Authorization",
    "cookie",
  ])("%s, at any depth", (name) => {
    const line = printed({ [name]: "AAAA", deep: [{ [name]: { inner: "BBBB" } }] });

    expect(JSON.stringify(line)).not.toMatch(/AAAA|BBBB/);
    expect(line).toMatchObject({ [name]: "(hidden)" });
  });

  test("nor what hangs on an error or its cause", () => {
    const cause = Object.assign(new Error("inner"), { taskToken: "AAAA" });
    const error = Object.assign(new Error("outer", { cause }), { token: "BBBB", $response: { body: "CCCC" } });
    const { host, lines } = testHost();

    openLog(host, {}).error("failed", error);

    expect(lines[0]).toMatchObject({ error: { message: "outer", cause: { message: "inner" } } });
    expect(JSON.stringify(lines)).not.toMatch(/AAAA|BBBB|CCCC/);
  });

  test("while other names, and the absence of a secret, are shown", () => {
    expect(printed({ tokens: 3, linked: true, weight: 10 })).toMatchObject({ tokens: 3, linked: true, weight: 10 });
    expect(hideSecrets("token", null)).toBeNull();
    expect(hideSecrets("token", undefined)).toBeUndefined();
  });
});

test("a level set for the function is kept", () => {
  expect(printed({}, { LOG_LEVEL: "ERROR" })).toBeUndefined();
  expect(printed({}, { LOG_LEVEL: "INFO" })).toBeDefined();
  expect(printed({}, { LOG_LEVEL: "nonsense" })).toBeDefined();
});

test("something thrown that is no error is still told", () => {
  const { host, lines } = testHost();

  openLog(host, {}).error("failed", "just text");

  expect(JSON.stringify(lines[0])).toContain("just text");
});

test("a line holds nothing that a terminal obeys, and says the same", () => {
  const { host, lines } = testHost();
  const raw: string[] = [];
  openLog({ ...host, write: (line) => raw.push(line) }, {}).warn("it said", { reason: "a\u009B31m\u202Eb\u2028c" });

  expect(raw[0]).toContain("a\\u009b31m\\u202eb\\u2028c");
  expect(JSON.parse(raw[0] ?? "")).toMatchObject({ reason: "a\u009B31m\u202Eb\u2028c" });
  expect(lines).toEqual([]);
});
