import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { describe, expect, test } from "vitest";
import { SimulatedSts } from "../../../../sandbox/aws/sts/sts.ts";
import { CONTROL_ACCOUNT, errorOf, simulateFunction } from "../harness.ts";

const PROD = "111122223333";
const RoleArn = `arn:aws:iam::${PROD}:role/headgate-target`;

const setUp = (trusts: readonly string[] = [CONTROL_ACCOUNT]) => {
  const simulation = simulateFunction();
  new SimulatedSts(simulation.aws, [{ arn: RoleArn, trusts, externalId: "headgate" }]);
  simulation.lambda.createFunction({
    functionName: "orders",
    account: PROD,
    versions: [{ version: "7" }],
    aliases: { live: { version: "7" } },
  });
  const assuming = (params: { ExternalId?: string; RoleSessionName?: string }) => {
    const config = simulation.config({ handler: "shift-traffic" });
    const credentials = fromTemporaryCredentials({
      params: { RoleArn, RoleSessionName: "headgate", ...params },
      masterCredentials: config.credentials,
      clientConfig: config,
    });
    return new LambdaClient({ ...config, credentials });
  };
  return { ...simulation, assuming };
};

const live = new GetAliasCommand({ FunctionName: "orders", Name: "live" });

describe("an assumed role", () => {
  test("acts in its own account, and is assumed once for many calls", async () => {
    const { run, aws, assuming } = setUp();
    const alias = await run(async () => {
      const client = assuming({ ExternalId: "headgate" });
      await client.send(live);
      return await client.send(live);
    });
    expect(alias.FunctionVersion).toBe("7");
    expect(aws.calls.map(({ operation, account, handler }) => `${handler} ${operation} ${account}`)).toEqual([
      `shift-traffic AssumeRole ${CONTROL_ACCOUNT}`,
      `shift-traffic GetAlias ${PROD}`,
      `shift-traffic GetAlias ${PROD}`,
    ]);
  });

  test.each([
    ["without the external id", {}, [CONTROL_ACCOUNT], "AccessDenied"],
    ["by an account it does not trust", { ExternalId: "headgate" }, [PROD], "AccessDenied"],
    [
      "under a session name that is none",
      { ExternalId: "headgate", RoleSessionName: "a b" },
      [CONTROL_ACCOUNT],
      "ValidationError",
    ],
  ])("is refused %s", async (_what, params, trusts, name) => {
    const { run, assuming } = setUp(trusts);
    expect((await run(() => errorOf(assuming(params).send(live)))).name).toBe(name);
  });
});
