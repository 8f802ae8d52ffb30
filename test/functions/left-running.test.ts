/** What still runs on a candidate once traffic has left it. */
import { describe, expect, it } from "vitest";
import { CallRefused, ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import type { Dependencies, InFlight } from "../../functions/domain/ports.ts";
import { loadInFlight, settleInFlight } from "../../functions/domain/promotion/settle-in-flight.ts";
import { restoreTraffic } from "../../functions/restore-traffic.ts";
import { P1, rollingOut, type World } from "../support/deps.ts";

interface Running {
  readonly onRestore?: InFlight["onRestore"];
  readonly names?: readonly string[];
  readonly looking?: Error;
  /** Why one cannot be stopped, by its name. */
  readonly refusals?: Readonly<Record<string, Error>>;
}

/** Dependencies under which executions of these names run on the candidate of `order`. */
function running(world: World, { onRestore = "stop", names = ["run-1", "run-2"], looking, refusals = {} }: Running) {
  const stopped: string[] = [];
  const inFlight: InFlight = {
    what: "executions",
    onRestore,
    running: async () => {
      if (looking !== undefined) throw looking;
      return { names, more: false };
    },
    stop: async (name) => {
      const refusal = refusals[name];
      if (refusal !== undefined) throw refusal;
      stopped.push(name);
    },
  };
  const target: Dependencies["target"] = (place, plan) => {
    const known = world.deps.target(place, plan);
    return plan.name === "order" ? { ...known, inFlight } : known;
  };
  return { deps: { ...world.deps, target }, stopped };
}

async function takenBack(): Promise<World> {
  const world = await rollingOut(50);
  await restoreTraffic(world.deps)({ promotionId: P1, error: { Error: "none", Cause: "" } });
  return world;
}

describe("what still runs on a candidate that was taken back", () => {
  it("is stopped where the policy asks for that, once, and recorded by name", async () => {
    const world = await takenBack();
    const { deps, stopped } = running(world, {});
    const [said] = await settleInFlight(deps, P1);
    expect(said).toMatch(/^2 executions ran on version 8 of .* when traffic had left it: run-1, run-2; stopped$/);
    expect(stopped).toEqual(["run-1", "run-2"]);
    expect(await settleInFlight(deps, P1)).toEqual([]);
    expect(stopped).toHaveLength(2);
    expect(await loadInFlight(deps, P1)).toEqual([said]);
    expect((await loadAudit(world.ledger, P1)).at(-1)).toMatchObject({
      kind: "in-flight",
      data: { names: ["run-1", "run-2"] },
    });
  });

  it("is left to finish where the policy says so", async () => {
    const { deps, stopped } = running(await takenBack(), { onRestore: "finish" });
    expect((await settleInFlight(deps, P1))[0]).toMatch(/; left to finish there$/);
    expect(stopped).toEqual([]);
  });

  it.each([new ServiceTrouble("throttled"), new CallRefused("states:StopExecution is not allowed")])(
    "is said to run on where it cannot be stopped: $message",
    async (refusal) => {
      const world = await takenBack();
      const { deps, stopped } = running(world, { refusals: { "run-1": refusal } });
      expect((await settleInFlight(deps, P1))[0]).toMatch(/; 1 of them stopped, the others run on$/);
      expect(stopped).toEqual(["run-2"]);
      expect(world.warnings.join()).toContain("could not stop what runs on a candidate");
    },
  );

  it("is said to be unknown where it cannot be looked at, which holds nothing up", async () => {
    const { deps } = running(await takenBack(), { looking: new ServiceTrouble("no answer") });
    expect((await settleInFlight(deps, P1))[0]).toMatch(
      /^which executions still run .* could not be looked at: no answer$/,
    );
  });

  it("hides no mistake of ours, in a look or in a stop", async () => {
    const mistake = new RangeError("a mistake");
    const looking = running(await takenBack(), { looking: mistake });
    await expect(settleInFlight(looking.deps, P1)).rejects.toThrow(mistake);
    const stopping = running(await takenBack(), { refusals: { "run-2": mistake } });
    await expect(settleInFlight(stopping.deps, P1)).rejects.toThrow(mistake);
  });

  it("is not stopped in the invocation's last half minute", async () => {
    const world = await takenBack();
    world.remainingMs = 29_000;
    const { deps, stopped } = running(world, {});
    expect((await settleInFlight(deps, P1))[0]).toMatch(/; 0 of them stopped, the others run on$/);
    expect(stopped).toEqual([]);
  });

  it("is not asked for while traffic is on the candidate", async () => {
    const { deps, stopped } = running(await rollingOut(50), {});
    expect(await settleInFlight(deps, P1)).toEqual([]);
    expect(stopped).toEqual([]);
  });
});
