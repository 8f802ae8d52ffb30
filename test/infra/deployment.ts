/** The deployment under test: synthesised once, with a word in place of each function's code. */
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Code } from "aws-cdk-lib/aws-lambda";
import { addStacks } from "../../infra/app.ts";

export interface Deployment {
  readonly app: App;
  readonly headgate: Template;
  /** By environment. */
  readonly targets: ReadonlyMap<string, Template>;
}

export const ACCOUNT = "111122223333";
export const REGION = "af-south-1";

/** The first synthesis loads CDK's schemas, which takes seconds on a busy machine; `beforeAll` has to wait for it. */
export const SYNTHESIS_MS = 60_000;

export function deploy(context: Readonly<Record<string, string>> = {}): Deployment {
  const app = new App({ context: { account: ACCOUNT, region: REGION, artifactBuckets: "bbws-artifacts", ...context } });
  addStacks(app, (name) => Code.fromInline(`// ${name}`));
  const templates = app
    .synth()
    .stacks.map(({ stackName, template }) => [stackName, Template.fromJSON(template)] as const);
  const byName = new Map(templates);
  const headgate = byName.get("headgate");
  if (headgate === undefined) throw new Error("nothing was synthesised");
  byName.delete("headgate");
  const targets = [...byName].map(([name, template]) => [name.replace("headgate-target-", ""), template] as const);
  return { app, headgate, targets: new Map(targets) };
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Resources of one type, by logical id. */
export function resourcesOf(template: Template, type: string): [string, Readonly<Record<string, unknown>>][] {
  return Object.entries(template.findResources(type)).map(([id, { Properties = {} }]) => [id, Properties]);
}

export interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>> | undefined>>;
}

/** The statements of a role by its logical id's beginning, references written out as ARNs and names. */
export function statementsOf(template: Template, rolePrefix: string): Statement[] {
  const policies = resourcesOf(template, "AWS::IAM::Policy").filter(([id]) =>
    id.startsWith(`${rolePrefix}DefaultPolicy`),
  );
  return policies.flatMap(([, { PolicyDocument }]) => {
    const { Statement: statements } = PolicyDocument as { Statement: Record<string, unknown>[] };
    return statements.map(({ Effect, Action, Resource, Condition }) => ({
      Effect: String(Effect),
      Action: listOf(Action),
      Resource: listOf(Resource).map((resource) => written(template, resource)),
      Condition: conditionsOf(template, Condition),
    }));
  });
}

function conditionsOf(template: Template, condition: unknown): Statement["Condition"] {
  const operators = Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>);
  return Object.fromEntries(
    operators.map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, values]) => [key, listOf(values).map((value) => written(template, value))]),
      ),
    ]),
  );
}

function listOf<T>(value: unknown): T[] {
  return (Array.isArray(value) ? value : [value]) as T[];
}

const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::AccountId": ACCOUNT,
  "AWS::Region": REGION,
  "AWS::URLSuffix": "amazonaws.com",
  HeadgateAccount: ACCOUNT,
  HeadgateRegion: REGION,
};

/** What CloudFormation would make of a value, as far as names are given. */
export function written(template: Template, value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const [[intrinsic, argument] = ["", ""]] = Object.entries(value);
  if (intrinsic === "Fn::Join") {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => written(template, part)).join(separator);
  }
  const id = String(intrinsic === "Fn::GetAtt" ? (argument as string[])[0] : argument);
  return PSEUDO[id] ?? arnOf(template, id);
}

/** Resources with a name have a known ARN; the others are called by their logical ids. */
function arnOf(template: Template, id: string): string {
  const { Type = "", Properties = {} } = (template.toJSON().Resources as Record<string, Resource>)[id] ?? {};
  const place = `${REGION}:${ACCOUNT}`;
  const name = (key: string) => String((Properties as Record<string, unknown>)[key]);
  switch (Type) {
    case "AWS::Lambda::Function":
      return `arn:aws:lambda:${place}:function:${name("FunctionName")}`;
    case "AWS::DynamoDB::Table":
      return `arn:aws:dynamodb:${place}:table/${name("TableName")}`;
    case "AWS::SNS::Topic":
      return `arn:aws:sns:${place}:${name("TopicName")}`;
    case "AWS::StepFunctions::StateMachine":
      return `arn:aws:states:${place}:stateMachine:${name("StateMachineName")}`;
    default:
      return `<${id}>`;
  }
}
