/** A command whose answer was lost is sent again: it counts once. */
import { describe, expect, it } from "vitest";
import { operate as sayByCommand } from "../../cli/operate.ts";
import { signedApi } from "../../cli/signed-api.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import { loadSignals } from "../../functions/domain/ledger/load.ts";
import { operate } from "../../functions/operate.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { P1, rollingOut, type World } from "../support/deps.ts";

const OLGA = "arn:aws:iam::111122223333:user/olga";
const OTTO = "arn:aws:iam::111122223333:user/otto";

async function say(world: World, caller: string, body: string) {
  const path = `/promotions/${P1}/signals`;
  const event = apiEvent({
    method: "POST",
    path,
    pathParameters: { promotionId: P1 },
    contentType: "application/json",
    body,
    caller,
  });
  return operate(world.deps)(fromGateway(event));
}

const hold = (request?: string) => JSON.stringify({ verb: "hold", reason: "I saw errors", request });

async function onRecord({ ledger }: World) {
  const trail = await loadAudit(ledger, P1);
  return {
    signals: (await loadSignals(ledger, P1)).length,
    entries: trail.filter(({ kind }) => kind === "hold").length,
  };
}

describe("a verb", () => {
  it("that is sent twice as one command is recorded once", async () => {
    const world = await rollingOut(50);
    for (let sent = 0; sent < 2; sent++) expect((await say(world, OLGA, hold("one-command"))).status).toBe(202);
    expect(await onRecord(world)).toEqual({ signals: 1, entries: 1 });
  });

  it("of somebody else is recorded, even under the same id", async () => {
    const world = await rollingOut(50);
    await say(world, OLGA, hold("one-command"));
    await say(world, OTTO, hold("one-command"));
    expect(await onRecord(world)).toEqual({ signals: 2, entries: 2 });
  });

  it("without an id counts each time", async () => {
    const world = await rollingOut(50);
    await say(world, OLGA, hold());
    await say(world, OLGA, hold());
    expect(await onRecord(world)).toEqual({ signals: 2, entries: 2 });
  });

  it("whose first answer was lost on the way is said once by the command", async () => {
    const world = await rollingOut(50);
    let sent = 0;
    const lossy = async (_url: unknown, init?: RequestInit) => {
      const { status, body } = await say(world, OLGA, String(init?.body));
      sent += 1;
      if (sent === 1)
        throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
      return new Response(body, { status });
    };
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const api = signedApi("https://a.execute-api.eu-west-1.amazonaws.com/v1", {
      credentials,
      fetch: lossy,
      clock: world.clock,
    });
    const order = {
      verb: "hold",
      promotionId: P1,
      reason: "I saw errors",
      api,
      clock: world.clock,
      write: () => {},
    } as const;
    expect(await sayByCommand(order)).toBe(0);
    expect(sent).toBe(2);
    expect(await onRecord(world)).toEqual({ signals: 1, entries: 1 });
  });
});
