/** A synthesised template in its place: what CloudFormation would make of its references, as far as it can be known. */

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** One stack of a deployment. */
export interface PlacedTemplate {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  readonly resources: Readonly<Record<string, Resource>>;
  /** Defaults of the parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** One resource of a stack, its properties with every reference written out. */
export interface Found {
  readonly id: string;
  readonly type: string;
  readonly at: PlacedTemplate;
  readonly arn: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
}

export function placed(stack: string, place: { readonly account: string; readonly region: string }, template: unknown) {
  const { Resources = {}, Parameters = {} } = template as Template;
  const defaults = Object.entries(Parameters).map(([id, { Default = "" }]) => [id, String(Default)] as const);
  const { account, region } = place;
  return { stack, account, region, resources: Resources, parameters: Object.fromEntries(defaults) };
}

export function everyResource(templates: readonly PlacedTemplate[]): Found[] {
  return templates.flatMap((at) =>
    Object.entries(at.resources).map(([id, { Type: type, Properties = {} }]) => ({
      id,
      type,
      at,
      arn: arnOf(at, id),
      name: nameOf(at, id),
      properties: resolved(at, Properties) as Readonly<Record<string, unknown>>,
    })),
  );
}

/** The value with references written out as names, ARNs and texts. */
function resolved(at: PlacedTemplate, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(at, one));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[key, argument] = ["", null]] = entries;
  const intrinsic = entries.length === 1 ? INTRINSICS[key] : undefined;
  if (intrinsic !== undefined) return intrinsic(at, argument);
  return Object.fromEntries(entries.map(([name, one]) => [name, resolved(at, one)]));
}

const INTRINSICS: Readonly<Record<string, (at: PlacedTemplate, argument: unknown) => unknown>> = {
  Ref: (at, id) => reference(at, String(id)),
  "Fn::GetAtt": (at, argument) => {
    const [id = "", attribute = ""] = argument as string[];
    return attribute === "Arn" ? arnOf(at, id) : nameOf(at, id);
  },
  "Fn::Join": (at, argument) => {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => String(resolved(at, part))).join(separator);
  },
  "Fn::Sub": (at, text) => String(text).replace(/\$\{([\w:]+)\}/g, (_all, id: string) => String(reference(at, id))),
};

function reference(at: PlacedTemplate, id: string): string {
  const pseudo = pseudoOf(at)[id] ?? at.parameters[id];
  if (pseudo !== undefined) return pseudo;
  return REFERRED_BY_ARN.has(at.resources[id]?.Type ?? "") ? arnOf(at, id) : nameOf(at, id);
}

/** Types whose `Ref` is their ARN; that of the others is a name. */
const REFERRED_BY_ARN = new Set(["AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"]);

const pseudoOf = ({ stack, account, region }: PlacedTemplate): Readonly<Record<string, string>> => ({
  "AWS::Partition": "aws",
  "AWS::AccountId": account,
  "AWS::Region": region,
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::StackId": `arn:aws:cloudformation:${region}:${account}:stack/${stack}/1`,
});

/** Property that names a resource, and what stands before the name in its ARN. */
const ARNS: Readonly<Record<string, readonly [property: string, service: string, prefix: string]>> = {
  "AWS::Lambda::Function": ["FunctionName", "lambda", "function:"],
  "AWS::SNS::Topic": ["TopicName", "sns", ""],
  "AWS::SQS::Queue": ["QueueName", "sqs", ""],
  "AWS::Events::Rule": ["Name", "events", "rule/"],
  "AWS::KMS::Key": ["", "kms", "key/"],
  "AWS::CloudWatch::Alarm": ["AlarmName", "cloudwatch", "alarm:"],
  "AWS::StepFunctions::StateMachine": ["StateMachineName", "states", "stateMachine:"],
  "AWS::DynamoDB::Table": ["TableName", "dynamodb", "table/"],
  "AWS::IAM::Role": ["RoleName", "iam", "role/"],
  "AWS::SES::EmailIdentity": ["EmailIdentity", "ses", "identity/"],
};

/** Its name; where none is given, CloudFormation makes one, for which the logical id stands here. */
function nameOf(at: PlacedTemplate, id: string): string {
  const { Type = "", Properties = {} } = at.resources[id] ?? {};
  const given = Properties[ARNS[Type]?.[0] ?? ""];
  return typeof given === "string" ? given : id;
}

function arnOf(at: PlacedTemplate, id: string): string {
  const [, service, prefix] = ARNS[at.resources[id]?.Type ?? ""] ?? [];
  if (service === undefined) return `<${at.stack}.${id}>`;
  return `arn:aws:${service}:${service === "iam" ? "" : at.region}:${at.account}:${prefix}${nameOf(at, id)}`;
}
