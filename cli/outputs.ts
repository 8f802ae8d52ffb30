/** The outputs of a deployed stack, as CloudFormation tells whoever may look at it. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "./signed-api.ts";

/** Each output of Headgate's stack that a command asks for; a test holds them against the stack and the documents. */
export const OUTPUTS = ["ApiUrl", "LedgerTable", "PromotionMachineArn"] as const;
export type Output = (typeof OUTPUTS)[number];

/** Where Headgate is cannot be told; the message says what to set, or whom to ask. */
export class Unlocated extends Error {
  override readonly name = "Unlocated";
}

/** Who asks, from where. */
export interface Caller {
  readonly region: string;
  readonly credentials: ConstructorParameters<typeof SignatureV4>[0]["credentials"];
  /** Of CloudFormation in that Region. */
  readonly endpoint: string;
  readonly fetch: typeof fetch;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The Region that the SDK would use: from the environment or the profile; undefined: neither names one. */
export async function regionHere(): Promise<string | undefined> {
  try {
    return await new DynamoDBClient({}).config.region();
  } catch {
    return undefined;
  }
}

/** The caller as the SDK would find it. Throws `Unlocated` without a Region. */
export async function callerHere(environment: Environment): Promise<Caller> {
  const region = await regionHere();
  if (region === undefined) throw new Unlocated("no Region is known: set AWS_REGION");
  const { credentials } = new DynamoDBClient({ region }).config;
  const endpoint = environment.AWS_ENDPOINT_URL_CLOUDFORMATION ?? environment.AWS_ENDPOINT_URL ?? endpointIn(region);
  return { region, credentials, endpoint, fetch };
}

/** Its name differs from DynamoDB's in the service alone; the SDK's rules know what a Region's partition adds to it. */
function endpointIn(region: string): string {
  const { endpointProvider } = new DynamoDBClient({ region }).config;
  const { url } = endpointProvider({ Region: region, UseFIPS: false, UseDualStack: false });
  return url.href.replace("//dynamodb.", "//cloudformation.");
}

/** As CloudFormation takes it: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const STACK_NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;

/** One answer, in ms: a command that only looks something up does not wait for longer. */
const PATIENCE_MS = 10_000;

/** The outputs of a stack by name. Throws `Unlocated` where there is no such stack, or the caller may not look at it. */
export async function outputsOf(stack: string, caller: Caller): Promise<ReadonlyMap<string, string>> {
  if (!STACK_NAME.test(stack)) {
    throw new Unlocated(`"${stack}" is no name of a stack: letters, digits and hyphens, a letter first`);
  }
  const response = await describe(stack, caller);
  const text = await response.text();
  if (!response.ok) throw new Unlocated(whyNot(stack, caller.region, response.status, text));
  return outputsIn(text);
}

/** DescribeStacks by the Query protocol: a client of its own for one call would be a dependency more. */
async function describe(stack: string, { region, credentials, endpoint, fetch: send }: Caller): Promise<Response> {
  const query = { Action: "DescribeStacks", Version: "2010-05-15", StackName: stack };
  const url = new URL(`${endpoint.replace(/\/+$/, "")}/?${new URLSearchParams(query)}`);
  const signer = new SignatureV4({ service: "cloudformation", region, credentials, sha256: Sha256 });
  const { protocol, hostname, pathname: path } = url;
  const headers = { host: url.host };
  const signed = await signer.sign({ method: "GET", protocol, hostname, path, query, headers });
  try {
    return await send(url, { headers: signed.headers, redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new Unlocated(`CloudFormation does not answer at ${url.host} (${why}): ${OTHERWISE}`);
  }
}

const OTHERWISE = "set HEADGATE_API_URL to the stack's output ApiUrl, or HEADGATE_TABLE to LedgerTable";

function whyNot(stack: string, region: string, status: number, xml: string): string {
  const code = textIn(xml, "Code") ?? String(status);
  const message = textIn(xml, "Message") ?? "no reason given";
  if (code === "ValidationError" && message.includes("does not exist")) {
    return `there is no stack "${stack}" in ${region}: name it with --stack or HEADGATE_STACK, its Region with AWS_REGION`;
  }
  if (code.startsWith("AccessDenied")) {
    return `you may not look at the stack "${stack}" (cloudformation:DescribeStacks): ask for its policy ${stack}-reader, or ${OTHERWISE}`;
  }
  return `CloudFormation answered ${code}, ${message}: ${OTHERWISE}`;
}

/** Output names and values are flat text in `member` elements, which hold no others. */
function outputsIn(xml: string): ReadonlyMap<string, string> {
  const [, outputs = ""] = /<Outputs>([\s\S]*?)<\/Outputs>/.exec(xml) ?? [];
  const members = [...outputs.matchAll(/<member>([\s\S]*?)<\/member>/g)].map(([, member = ""]) => member);
  return new Map(members.map((member) => [textIn(member, "OutputKey") ?? "", textIn(member, "OutputValue") ?? ""]));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of the first element of this name; null: there is none. */
function textIn(xml: string, element: string): string | null {
  const found = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return found === undefined
    ? null
    : found.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? "");
}
