/** What an operator types: verbs, and the way back by hand. */
import { describe, expect, it } from "vitest";
import { operate, type Verb } from "../../cli/operate.ts";
import { hostHere } from "../../cli/remote.ts";
import { restore } from "../../cli/restore.ts";
import type { Api } from "../../cli/signed-api.ts";
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import { loadSignals } from "../../functions/domain/ledger/load.ts";
import { operate as operateHandler } from "../../functions/operate.ts";
import { restoreTraffic } from "../../functions/restore-traffic.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { BASELINE, P1, rollingOut, type World } from "../support/deps.ts";

const printed = () => {
  const lines: string[] = [];
  return { lines, write: (text: string) => void lines.push(text) };
};

/** Sends to the handler what the gateway would; between two looks, the workers work. */
const apiTo = (world: World): Api => {
  const send = async (method: string, path: string, body: string | null) => {
    const promotionId = decodeURIComponent(path.split("/")[2] ?? "");
    const caller = "arn:aws:sts::111122223333:assumed-role/operator/olga";
    const about = { method, path, pathParameters: { promotionId }, contentType: "application/json", body, caller };
    const answer = await operateHandler(world.deps)(fromGateway(apiEvent(about)));
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };
  return {
    post: (path, body) => send("POST", path, JSON.stringify(body)),
    get: async (path) => {
      for (const promotionId of world.restoring.splice(0)) await work(world, promotionId);
      return send("GET", path, null);
    },
  };
};

/** What the function does that a worker is started as. */
const work = (world: World, promotionId: string) =>
  restoreTraffic(world.deps)({ promotionId, error: { Error: "none" } });

const say = (world: World, verb: Verb, promotionId = P1, reason = "I saw errors", api = apiTo(world)) => {
  const { lines, write } = printed();
  return operate({ verb, promotionId, reason, api, clock: world.clock, write }).then((code) => ({
    code,
    said: lines.join(""),
  }));
};

describe("a verb", () => {
  it("that takes it back is followed until traffic is back, each step said once", async () => {
    const world = await rollingOut(50);
    const { code, said } = await say(world, "roll-back");
    expect(said).toBe(
      "nothing moves forward any more; traffic is being restored\n2 of 2 targets are back, read back\n",
    );
    expect(code).toBe(0);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("is followed past an API that does not answer", async () => {
    const world = await rollingOut(50);
    const api = apiTo(world);
    let looks = 0;
    const get = async (path: string) => {
      looks += 1;
      if (looks === 1) throw new Error("ECONNRESET");
      return looks === 2 ? { status: 503, body: {} } : api.get(path);
    };
    expect((await say(world, "roll-back", P1, "I saw errors", { ...api, get })).code).toBe(0);
    expect(looks).toBe(3);
  });

  it("is followed for a quarter of an hour, and ends with 5 where nobody restores", async () => {
    const world = await rollingOut(50);
    const api = apiTo(world);
    const get = (path: string) => {
      world.restoring.length = 0;
      return api.get(path);
    };
    const at = world.clock.now();
    const { code, said } = await say(world, "abort", P1, "I saw errors", { ...api, get });
    expect(said).toContain("0 of 2 targets are back");
    expect(said).toContain("Traffic is not known to be back.");
    expect({ code, minutes: (world.clock.now() - at) / 60_000 }).toEqual({ code: 5, minutes: 15 });
  });

  it("is not followed by those who may not look, and says so", async () => {
    const world = await rollingOut(50);
    const get = async () => ({ status: 403, body: { message: "not authorized" } });
    const { code, said } = await say(world, "roll-back", P1, "I saw errors", { ...apiTo(world), get });
    expect(code).toBe(5);
    expect(said).toContain("It cannot be followed: not authorized");
  });

  it("brings it back within the 28 seconds that a request has, where no worker can be started", async () => {
    const world = await rollingOut(50);
    world.workerTrouble = new ServiceTrouble("lambda does not answer");
    world.remainingMs = 27_000;
    const { code, said } = await say(world, "abort");
    expect(code).toBe(0);
    expect(said).toContain("order: back on version 7, read back");
    expect(said).toContain("within the request: no worker could be started");
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("is recorded with who said it and why", async () => {
    const world = await rollingOut(50);
    expect((await say(world, "hold")).code).toBe(0);
    expect(await loadSignals(world.ledger, P1)).toMatchObject([
      { kind: "hold", by: expect.stringContaining("olga"), reason: "I saw errors" },
    ]);
  });

  it("ends with 5 where traffic is somebody else's now", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    expect((await say(world, "roll-back")).code).toBe(5);
  });

  it("ends with 4 for a promotion that is not there, and with 2 without a reason", async () => {
    const world = await rollingOut(50);
    expect((await say(world, "hold", "nobody")).code).toBe(4);
    expect((await say(world, "hold", P1, "")).code).toBe(2);
  });

  it("that is badly asked is answered with each place, its value and a hint, and nothing is recorded", async () => {
    const world = await rollingOut(50);
    expect(await say(world, "release-hold", P1, "no")).toEqual({
      code: 2,
      said: [
        "the body is not understood",
        "body.environment (not set)",
        "    is missing",
        "    hint: the environment in which the version may come again",
        'body.reason = "no"',
        "    is below the smallest allowed, 3",
        "    hint: say why in 3 to 500 characters: it stands in the record",
        "",
      ].join("\n"),
    });
    expect((await say(world, "resum" as Verb)).said).toContain(
      'body.verb = "resum"\n    should be one of hold, resume, roll-back, abort, skip-bake, promote-now, release-hold\n    hint: did you mean "resume"?',
    );
    expect(await loadSignals(world.ledger, P1)).toEqual([]);
  });
});

describe("restore by hand", () => {
  const restoreBy = async (world: World, promotionId = P1) => {
    const { lines, write } = printed();
    const code = await restore({ promotionId, reason: "everything else is down", deps: world.deps, write });
    return { code, said: lines.join("") };
  };

  it("brings traffic back by the journal", async () => {
    const world = await rollingOut(50);
    expect((await restoreBy(world)).code).toBe(0);
    expect(world.target("order").route).toEqual(BASELINE);
    expect(world.target("cart").route).toEqual(BASELINE);
  });

  it("tries again while a target does not answer", async () => {
    const world = await rollingOut(50);
    world.target("order").readTrouble = new ServiceTrouble("lambda does not answer");
    world.clock.at(world.clock.now() + 12_000, () => {
      world.target("order").readTrouble = null;
    });
    expect((await restoreBy(world)).code).toBe(0);
    expect(world.target("order").route).toEqual(BASELINE);
  });

  it("leaves alone what somebody else moved, and says what it found", async () => {
    const world = await rollingOut(50);
    world.target("order").moveByHand({ primary: "6", secondary: null });
    const { code, said } = await restoreBy(world);
    expect(code).toBe(5);
    expect(said).toContain("order: left alone; found version 6");
  });

  it("takes the role that may move traffic, or none as oneself", async () => {
    const place = { account: "444455556666", region: "eu-west-1", roleArn: "arn:aws:iam::444455556666:role/target" };
    const here = { environment: {}, write: () => {} };
    expect(hostHere(here, false).environment.HEADGATE_ACCESS).toBe("write");
    expect(hostHere(here, false).clientConfig(place).credentials).toBeDefined();
    expect(hostHere(here, true).clientConfig(place)).toMatchObject({ region: "eu-west-1" });
    expect(hostHere(here, true).clientConfig(place).credentials).toBeUndefined();
  });

  it("knows when there is no such promotion", async () => {
    expect((await restoreBy(await rollingOut(50), "nobody")).code).toBe(2);
  });
});
