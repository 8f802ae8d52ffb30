/** Where a deployed Headgate is: the outputs of its stack, over a CloudFormation that checks signatures. */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Deployment } from "../../cli/deployment.ts";
import { type Caller, callerHere, outputsOf, Unlocated } from "../../cli/outputs.ts";
import { Missing, withoutStack } from "../../cli/terminal.ts";
import { CREDENTIALS, signatureIn, signatureOf } from "../support/signature.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) close();
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A server on this machine; `seen` has every request that it got. */
async function server(answer: (request: IncomingMessage) => Answer): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const listening = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const { status, body } = answer(request);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  closing.push(() => listening.close());
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, seen };
}

const member = (name: string, value: string) =>
  `<member><OutputKey>${name}</OutputKey><Description>of &lt;it&gt;</Description><OutputValue>${value}</OutputValue></member>`;

const described = (
  ...outputs: string[]
) => `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <DescribeStacksResult><Stacks><member><StackName>headgate</StackName>
  <Parameters><member><ParameterKey>ApiUrl</ParameterKey><ParameterValue>none</ParameterValue></member></Parameters>
  <Outputs>${outputs.join("\n")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

const failed = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

/** CloudFormation with one stack, "headgate"; it refuses what is not signed for it in this Region. */
function cloudFormation(outputs: readonly string[]) {
  return server((request) => {
    const scope = "/af-south-1/cloudformation/aws4_request";
    if (!request.headers.authorization?.includes(scope) || signatureIn(request) !== signatureOf(request)) {
      return { status: 403, body: failed("SignatureDoesNotMatch", "not signed so") };
    }
    const query = new URL(request.url ?? "", "http://here").searchParams;
    const name = query.get("StackName");
    if (query.get("Action") !== "DescribeStacks" || name !== "headgate") {
      return { status: 400, body: failed("ValidationError", `Stack with id ${name} does not exist`) };
    }
    return { status: 200, body: described(...outputs) };
  });
}

const callerAt = (endpoint: string): Caller => ({ region: "af-south-1", credentials: CREDENTIALS, endpoint, fetch });

const ALL = [
  member("ApiUrl", "https://a1.execute-api.af-south-1.amazonaws.com/v1"),
  member("LedgerTable", "headgate"),
  member("PromotionMachineArn", "arn:aws:states:af-south-1:1:stateMachine:a&amp;b"),
];

describe("the outputs of a stack", () => {
  test("are read by name, asked for by a signature that CloudFormation takes", async () => {
    const { url } = await cloudFormation(ALL);
    expect(Object.fromEntries(await outputsOf("headgate", callerAt(url)))).toEqual({
      ApiUrl: "https://a1.execute-api.af-south-1.amazonaws.com/v1",
      LedgerTable: "headgate",
      PromotionMachineArn: "arn:aws:states:af-south-1:1:stateMachine:a&b",
    });
  });

  test("are none where the stack has none", async () => {
    const { url } = await cloudFormation([]);
    expect((await outputsOf("headgate", callerAt(url))).size).toBe(0);
  });

  test.each([
    ["a stack that is not there", "other", 'there is no stack "other" in af-south-1: name it with --stack'],
    ["a name that is none", "a b", '"a b" is no name of a stack'],
  ])("say of %s what to do", async (_what, stack, said) => {
    const { url } = await cloudFormation(ALL);
    const error = await outputsOf(stack, callerAt(url)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unlocated);
    expect(String(error)).toContain(said);
  });

  test.each([
    [403, failed("AccessDenied", "User: x is not authorized"), /may not look at the stack "headgate".*headgate-reader/],
    [400, failed("ExpiredToken", "it has expired"), /answered ExpiredToken, it has expired: set HEADGATE_API_URL/],
    [503, "busy", /answered 503, no reason given: set HEADGATE_API_URL/],
  ])("that CloudFormation does not give, %i, are asked for elsewhere", async (status, body, said) => {
    const { url } = await server(() => ({ status, body }));
    await expect(outputsOf("headgate", callerAt(url))).rejects.toThrow(said);
  });

  test("of a CloudFormation that does not answer are no riddle", async () => {
    await expect(outputsOf("headgate", callerAt("http://127.0.0.1:1"))).rejects.toThrow(
      /does not answer at 127\.0\.0\.1:1 \(.+\): set HEADGATE_API_URL/,
    );
  });

  test.each([
    ["eu-west-1", "https://cloudformation.eu-west-1.amazonaws.com/"],
    ["cn-north-1", "https://cloudformation.cn-north-1.amazonaws.com.cn/"],
    ["us-gov-west-1", "https://cloudformation.us-gov-west-1.amazonaws.com/"],
    ["eusc-de-east-1", "https://cloudformation.eusc-de-east-1.amazonaws.eu/"],
  ])("are asked for in the partition of %s", async (region, endpoint) => {
    vi.stubEnv("AWS_REGION", region);
    expect(await callerHere({})).toMatchObject({ region, endpoint });
  });
});

describe("a deployment", () => {
  test("is what the environment says, and then nobody is asked", async () => {
    const environment = { HEADGATE_API_URL: "https://here", HEADGATE_TABLE: "table" };
    const deployment = new Deployment({
      environment,
      caller: () => Promise.reject(new Error("nobody is to be asked")),
    });
    expect([await deployment.find("ApiUrl"), await deployment.find("LedgerTable")]).toEqual(["https://here", "table"]);
  });

  test("is what its stack says otherwise, asked once", async () => {
    const { url, seen } = await cloudFormation(ALL);
    const deployment = new Deployment({ environment: {}, caller: async () => callerAt(url) });
    expect(await deployment.find("LedgerTable")).toBe("headgate");
    expect(await deployment.find("ApiUrl")).toMatch(/^https:/);
    expect(seen).toHaveLength(1);
  });

  test("is the stack that was named with --stack, whatever the environment says", async () => {
    const { url } = await cloudFormation(ALL);
    const environment = { HEADGATE_TABLE: "another", HEADGATE_STACK: "another" };
    const deployment = new Deployment({ environment, stack: "headgate", caller: async () => callerAt(url) });
    expect(await deployment.find("LedgerTable")).toBe("headgate");
  });

  test("says which output its stack lacks, and what may be set instead", async () => {
    const { url } = await cloudFormation([]);
    const deployment = new Deployment({ environment: {}, caller: async () => callerAt(url) });
    await expect(deployment.find("ApiUrl")).rejects.toThrow(
      'the stack "headgate" has no output ApiUrl: deploy it again, or set HEADGATE_API_URL',
    );
  });
});

describe("--stack", () => {
  test.each([
    ["p --stack other --reason why", "other", "p --reason why"],
    ["--stack=other p", "other", "p"],
    ["p --reason why", undefined, "p --reason why"],
  ])("is taken out of %j", (typed, stack, rest) => {
    expect(withoutStack(typed.split(" "))).toEqual({ stack, rest: rest.split(" ") });
  });

  test("needs a name", () => {
    expect(() => withoutStack(["p", "--stack"])).toThrow(Missing);
  });
});

test("a command that is typed with nothing set finds the API by its stack", async () => {
  const api = await server(() => ({ status: 202, body: '{"did":"hold is recorded"}' }));
  const { url } = await cloudFormation([member("ApiUrl", `${api.url}/v1`)]);
  const { status, said } = await typed(["hold", "p-1", "--reason", "I saw errors"], url);
  expect({ status, said }).toEqual({ status: 0, said: "hold is recorded\n" });
  expect(api.seen).toEqual(["POST /v1/promotions/p-1/signals"]);
});

test("what the API says is shown by the terminal, and obeyed by none", async () => {
  const hostile = "done\u001b[2J\u009b31m\u202eelif\u2066\u0007";
  const api = await server(() => ({ status: 202, body: JSON.stringify({ did: hostile }) }));
  const { url } = await cloudFormation([member("ApiUrl", `${api.url}/v1`)]);
  const { said } = await typed(["hold", "p-1", "--reason", "I saw errors"], url);
  expect(said).toBe("done[U+001B][2J[U+009B]31m[U+202E]elif[U+2066][U+0007]\n");
});

test("a command whose stack is not there says so in one line", async () => {
  const { url } = await cloudFormation([]);
  const { status, said } = await typed(["hold", "p-1", "--reason", "I saw errors", "--stack", "nowhere"], url);
  expect(status).toBe(2);
  expect(said).toMatch(/^hold: there is no stack "nowhere" in af-south-1: .*\n$/);
});

/** As typed in a shell that knows the credentials, the Region and nothing of Headgate. */
async function typed(args: readonly string[], endpoint: string): Promise<{ status: number | null; said: string }> {
  const main = new URL("../../cli/main.ts", import.meta.url).pathname;
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: "af-south-1",
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint,
  };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (more) => {
    said += String(more);
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, said };
}
