/** Revoking from the command line, through the real handler. */
import { expect, test } from "vitest";
import { sayOf } from "../../cli/revoke.ts";
import type { Post } from "../../cli/signed-api.ts";
import { revoke } from "../../functions/revoke.ts";
import { LEAD, scene } from "../support/approval-scene.ts";

const OPS = "arn:aws:iam::093646564004:user/ops";
const caller = { arn: OPS, accessKey: null, account: "093646564004" };

async function commands() {
  const on = await scene();
  const said: string[] = [];
  const post: Post = async (path, body) => {
    const from = { pathParameters: {}, query: {}, sourceIp: "", userAgent: "", caller };
    const headers = { "content-type": "application/json" };
    const answer = await revoke(on.deps)({ ...from, method: "POST", path, headers, body: JSON.stringify(body) });
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };
  const run = (verb: "revoke" | "reinstate", address: string, reason = "left the company") =>
    sayOf({ verb, address, reason, post, write: (text) => said.push(text) });
  return { on, run, said };
}

test("somebody is revoked and reinstated, each once, and what was done is said", async () => {
  const { on, run, said } = await commands();

  expect([await run("revoke", LEAD), await run("revoke", LEAD), await run("reinstate", LEAD)]).toEqual([0, 0, 0]);

  expect(said).toEqual([
    `${LEAD} is revoked; no open approval asks them\n`,
    `${LEAD} was revoked already; no open approval asks them\n`,
    `${LEAD} is reinstated; no open approval asks them\n`,
  ]);
  expect(on.items("PERSON")[0]).toMatchObject({ state: "reinstated", by: OPS });
});

test("what is badly asked is said, with the exit code 2", async () => {
  const { run, said } = await commands();

  expect(await run("revoke", "jane")).toBe(2);
  expect(said.join("")).toContain("address");
});
