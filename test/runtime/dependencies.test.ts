import { describe, expect, test } from "vitest";
import { CallRefused } from "../../functions/domain/errors.ts";
import type { Place } from "../../functions/domain/ports.ts";
import { buildDependencies, sha256 } from "../../functions/runtime/dependencies.ts";
import { openLog } from "../../functions/runtime/log.ts";
import type { LambdaAliasPlan } from "../../functions/targets/lambda-alias/kind.ts";
import { fault, ok } from "../adapters/wire.ts";
import { testHost } from "./test-host.ts";

const PROD: Place = { account: "093646564004", region: "eu-west-1", roleArn: "arn:aws:iam::093646564004:role/target" };
const ORDER: LambdaAliasPlan = {
  name: "order",
  kind: "lambda-alias",
  functionName: "bbws-prod-order",
  alias: "live",
  resource: "arn:aws:lambda:eu-west-1:093646564004:function:bbws-prod-order:live",
  resources: ["arn:aws:lambda:eu-west-1:093646564004:function:bbws-prod-order:live"],
  artifact: { from: "version", version: "8" },
  reversible: true,
};
const KEY = { pk: "P", sk: "S" };

const build = (...[environment, ...answers]: Parameters<typeof testHost>) => {
  const made = testHost(environment, ...answers);
  return { ...made, deps: buildDependencies(made.host, openLog(made.host, {}), () => 1_000) };
};

test("a hash is SHA-256 in hex", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

describe("dependencies", () => {
  test("speak to the ledger's table in the control plane's own Region", async () => {
    const { deps, sent } = build({ HEADGATE_TABLE: "headgate" }, ok({}));

    await deps.ledger.read(KEY);

    expect(sent[0]?.host).toContain("dynamodb");
    expect(sent[0]?.host).toContain("af-south-1");
    expect(sent[0]?.json.TableName).toBe("headgate");
  });

  test("speak to targets in their own place", async () => {
    const { deps, sent } = build({}, ok({ FunctionVersion: "7" }));

    await deps.target(PROD, ORDER).traffic.read();

    expect(sent[0]?.host).toBe("lambda.eu-west-1.amazonaws.com");
  });

  test("make each client once for each place, and keep it for the next invocation", async () => {
    const { host, deps } = build({}, ok({}));
    const elsewhere = { ...PROD, region: "eu-central-1" };

    for (const place of [PROD, PROD, elsewhere]) await deps.alarms(place).states(["a"]);
    await buildDependencies(host, deps.log, () => 1)
      .alarms(PROD)
      .states(["a"]);

    expect(host.kept.size).toBe(2);
  });

  test("make no client before it is used", () => {
    expect(build({}).host.kept.size).toBe(0);
  });

  test("probe without retries, since an invocation may not be idempotent", async () => {
    const { deps, sent } = build({}, fault("ServiceException", 500));
    const probe = { payload: {}, expect: {}, timeoutSeconds: 3 };

    await expect(deps.prober(PROD, "smoke").invoke("7", probe)).rejects.toThrow("lambda:Invoke failed");

    expect(sent).toHaveLength(1);
  });

  test("say which variable a deployment forgot, when it is needed and not before", async () => {
    const { deps } = build({});

    const read = deps.ledger.read(KEY);

    await expect(read).rejects.toBeInstanceOf(CallRefused);
    await expect(read).rejects.toThrow("HEADGATE_TABLE");
  });

  test("know the base URL without its trailing slash, and the deployment's machine", () => {
    const machine = "arn:aws:states:af-south-1:093646564004:stateMachine:headgate-promotion";
    const environment = { HEADGATE_BASE_URL: "https://x.example/prod/", HEADGATE_PROMOTION_MACHINE_ARN: machine };

    expect(build(environment).deps.settings).toEqual({ baseUrl: "https://x.example/prod", deployment: machine });
  });
});
