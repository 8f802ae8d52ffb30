import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaVersions } from "../../functions/adapters/lambda-versions.ts";
import { CallRefused, NotReady } from "../../functions/domain/errors.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new LambdaClient(line.config);
  return { ...line, versions: lambdaVersions({ client: () => client }, "bbws-prod-order") };
};
const PATH = "/2015-03-31/functions/bbws-prod-order";

describe("what stands on a version", () => {
  test("is read of exactly that one", async () => {
    const { versions, sent } = onWire(ok({ Description: "headgate p1: v2" }));

    expect(await versions.description("7")).toBe("headgate p1: v2");
    expect(sent[0]).toMatchObject({ path: `${PATH}/configuration`, query: { Qualifier: "7" } });
  });

  test("may be nothing, and is undefined where there is no such version", async () => {
    expect(await onWire(ok({})).versions.description("7")).toBe("");
    expect(await onWire(fault("ResourceNotFoundException", 404)).versions.description("7")).toBeUndefined();
  });
});

test("aliases are listed over all pages, with every version that they point to, of whatever weight", async () => {
  const { versions, sent } = onWire(
    ok({
      Aliases: [{ Name: "live", FunctionVersion: "8", RoutingConfig: { AdditionalVersionWeights: { "7": 0 } } }],
      NextMarker: "more",
    }),
    ok({ Aliases: [{ Name: "beta", FunctionVersion: "6" }] }),
  );

  expect(await versions.aliases()).toEqual([
    { name: "live", versions: ["8", "7"] },
    { name: "beta", versions: ["6"] },
  ]);
  expect(sent.map(({ path, query }) => [path, query])).toEqual([
    [`${PATH}/aliases`, {}],
    [`${PATH}/aliases`, { Marker: "more" }],
  ]);
});

describe("deleting", () => {
  test("names the version: without one the whole function would go", async () => {
    const { versions, sent } = onWire({ status: 204, body: "" });

    await versions.remove("7");

    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ method: "DELETE", path: PATH, query: { Qualifier: "7" } });
  });

  test.each(["", "$LATEST", "live", "0", "07"])("%j is refused before anything is sent", async (version) => {
    const { versions, sent } = onWire();

    await expect(versions.remove(version)).rejects.toBeInstanceOf(CallRefused);
    expect(sent).toEqual([]);
  });

  test("a version that is gone is no error; one that an alias points to may be deleted later", async () => {
    await expect(onWire(fault("ResourceNotFoundException", 404)).versions.remove("7")).resolves.toBeUndefined();
    await expect(onWire(fault("ResourceConflictException", 409)).versions.remove("7")).rejects.toBeInstanceOf(NotReady);
  });
});
