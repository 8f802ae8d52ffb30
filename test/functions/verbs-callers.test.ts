/** Who says a verb, as the record has it. */
import { describe, expect, it } from "vitest";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { loadSignals } from "../../functions/domain/ledger/load.ts";
import { storePolicy } from "../../functions/domain/ledger/policies.ts";
import { operate } from "../../functions/operate.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { CALLERS, sessionArn } from "../support/callers.ts";
import { P1, rollingOut, type World } from "../support/deps.ts";

const OLGA = "olga@shop.example";
const VERIFIED = sessionArn("SSO", OLGA);

async function hold(world: World, caller: string, request: string): Promise<number> {
  const event = apiEvent({
    method: "POST",
    path: `/promotions/${P1}/signals`,
    pathParameters: { promotionId: P1 },
    contentType: "application/json",
    body: JSON.stringify({ verb: "hold", reason: "errors", request }),
    caller,
  });
  return (await operate(world.deps)(fromGateway(event))).status;
}

const saidBy = async ({ ledger }: World) => (await loadSignals(ledger, P1)).map(({ by }) => by);

describe("a verb", () => {
  it("is on record with its person where the policy verifies the role's sessions, and by the ARN alone elsewhere", async () => {
    const world = await rollingOut(50);
    await storePolicy(world.deps, { callers: CALLERS });

    await hold(world, VERIFIED, "command-one");
    await hold(world, sessionArn("Admin", OLGA), "command-two");

    const words = [`${OLGA}, verified, as ${VERIFIED}`, sessionArn("Admin", OLGA)];
    expect(new Set(await saidBy(world))).toEqual(new Set(words));
  });

  it("is carried out where the policy cannot be read, by whoever signed it", async () => {
    const world = await rollingOut(50);
    await storePolicy(world.deps, { callers: CALLERS });
    const current = await world.ledger.read(keys.policyCurrent());
    const key = keys.policy(String(current?.hash));
    await world.ledger.write([{ put: { ...key, json: "{" } }]);

    expect(await hold(world, VERIFIED, "command-one")).toBe(202);
    expect(await saidBy(world)).toEqual([VERIFIED]);
    await world.ledger.write([{ remove: key }]);
    expect(await hold(world, VERIFIED, "command-two")).toBe(202);
  });

  it("counts once as one command, though the policy verifies the role in between", async () => {
    const world = await rollingOut(50);

    await hold(world, VERIFIED, "command-one");
    await storePolicy(world.deps, { callers: CALLERS });
    await hold(world, VERIFIED, "command-one");

    expect(await saidBy(world)).toEqual([VERIFIED]);
  });
});
