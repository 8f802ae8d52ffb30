/** What is typed to end all links, and what comes of it. */
import { describe, expect, it } from "vitest";
import { REMOTE_COMMANDS } from "../../cli/remote.ts";
import { rotateKeys } from "../../cli/rotate-keys.ts";
import type { Post } from "../../cli/signed-api.ts";
import { Missing } from "../../cli/terminal.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { rotate } from "../../functions/rotate-links.ts";
import { fromGateway } from "../../functions/runtime/http.ts";
import { apiEvent } from "../../sandbox/host/gateway.ts";
import { World } from "../support/deps.ts";

const OLGA = "arn:aws:sts::111122223333:assumed-role/operator/olga";

/** Sends to the handler what the gateway would. */
const postTo =
  (world: World): Post =>
  async (path, body) => {
    const about = { method: "POST", path, pathParameters: {}, contentType: "application/json", caller: OLGA };
    const answer = await rotate(world.deps)(fromGateway(apiEvent({ ...about, body: JSON.stringify(body) })));
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };

async function type(post: Post, reason = "a mailbox was read") {
  const lines: string[] = [];
  const code = await rotateKeys({ reason, post, write: (text) => void lines.push(text) });
  return { code, said: lines.join("") };
}

describe("headgate rotate-keys", () => {
  it("ends every link, says so, and leaves who did it and why on record", async () => {
    const world = new World();

    const { code, said } = await type(postTo(world));

    expect(code).toBe(0);
    expect(said).toBe(
      `every link that was mailed until now has ended, with its forms (epoch 1, by ${OLGA}); who still owes an answer is mailed a new link within two minutes\n`,
    );
    expect(await world.ledger.read(keys.linkEpoch())).toMatchObject({ by: OLGA, reason: "a mailbox was read" });
  });

  it("counts once for each time that it is typed, however often its request is sent", async () => {
    const world = new World();
    const post = postTo(world);
    const twice: Post = async (path, body) => {
      await post(path, body);
      return post(path, body);
    };

    await type(twice);
    await type(twice);

    expect(await world.ledger.read(keys.linkEpoch())).toMatchObject({ epoch: 2 });
  });

  it("says what is wrong with a reason that is none: exit 2, and nothing has ended", async () => {
    const world = new World();

    const { code, said } = await type(postTo(world), " ");

    expect(code).toBe(2);
    expect(said).toContain("3 to 500 characters");
    expect(await world.ledger.read(keys.linkEpoch())).toBeUndefined();
  });

  it("says that it was refused: exit 4", async () => {
    const refused: Post = async () => ({ status: 403, body: { message: "not authorized" } });

    expect(await type(refused)).toEqual({ code: 4, said: "not authorized\n" });
  });

  it("asks for a reason before it asks for anything else", async () => {
    const terminal = { write: () => {}, environment: {}, interactive: false, stack: undefined };

    await expect(REMOTE_COMMANDS["rotate-keys"]?.([], terminal)).rejects.toThrow(Missing);
  });
});
