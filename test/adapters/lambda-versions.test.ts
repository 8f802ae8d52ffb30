import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaVersions } from "../../functions/adapters/lambda-versions.ts";
import { CallRefused, NotReady } from "../../functions/domain/errors.ts";
import { type Answer, fault, ok, wire } from "./wire.ts";

const onWire = (...answers: Answer[]) => {
  const line = wire(...answers);
  const client = new LambdaClient(line.config);
  return { ...line, versions: lambdaVersions({ client: () => client }, ARN) };
};
const ARN = "arn:aws:lambda:af-south-1:093646564004:function:bbws-prod-order";
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

describe("whoever calls a version past every alias", () => {
  const noPolicy = fault("ResourceNotFoundException", 404);

  test("is found among the event sources of exactly that version, over all pages", async () => {
    const { versions, sent } = onWire(
      ok({ EventSourceMappings: [{ EventSourceArn: "arn:queue" }], NextMarker: "more" }),
      ok({ EventSourceMappings: [{ UUID: "0a1b" }] }),
      noPolicy,
    );

    expect(await versions.callers("7")).toEqual(["event source arn:queue", "event source 0a1b"]);
    expect(sent[0]).toMatchObject({ path: "/2015-03-31/event-source-mappings", query: { FunctionName: `${ARN}:7` } });
    expect(sent[1]?.query).toMatchObject({ Marker: "more" });
    expect(sent[2]).toMatchObject({ path: `${PATH}/policy`, query: { Qualifier: "7" } });
  });

  test("is found in the version's own policy: the rule, or who may call at all", async () => {
    const Statement = [
      { Principal: { Service: "events.amazonaws.com" }, Condition: { ArnLike: { "AWS:SourceArn": "arn:rule" } } },
      { Principal: { AWS: "111122223333" } },
      { Principal: "*" },
    ];
    const { versions } = onWire(ok({}), ok({ Policy: JSON.stringify({ Statement }) }));

    expect(await versions.callers("7")).toEqual(["arn:rule", "111122223333", "*"]);
  });

  test("is nobody where there is neither", async () => {
    expect(await onWire(ok({}), noPolicy).versions.callers("7")).toEqual([]);
  });

  test("is not guessed at where it may not be looked at", async () => {
    const { versions } = onWire(fault("AccessDeniedException", 403));

    await expect(versions.callers("7")).rejects.toBeInstanceOf(CallRefused);
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
