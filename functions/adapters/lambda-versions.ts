import {
  type AliasConfiguration,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListEventSourceMappingsCommand,
} from "@aws-sdk/client-lambda";
import { CallRefused } from "../domain/errors.ts";
import type { Versions } from "../domain/ports.ts";
import { fieldsOf } from "../domain/text.ts";
import { ask } from "./shared/aws-errors.ts";

export interface VersionTools {
  readonly client: () => LambdaClient;
}

const PUBLISHED = /^[1-9]\d*$/;

/** The published versions of one Lambda function, by its ARN. */
export function lambdaVersions({ client }: VersionTools, functionArn: string): Versions {
  const functionName = functionArn.slice(functionArn.lastIndexOf(":") + 1);
  return {
    description: (version) =>
      ask<string | undefined>(
        "lambda:GetFunctionConfiguration",
        async () => {
          const command = new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier: version });
          return (await client().send(command)).Description ?? "";
        },
        { ResourceNotFoundException: () => undefined },
      ),
    aliases: async () => (await listAliases(client(), functionName)).map(withVersions),
    callers: async (version) => [
      ...(await mappingsOf(client(), `${functionArn}:${version}`)),
      ...(await permittedOn(client(), functionName, version)),
    ],
    unseen: "who calls it by a role of its own, such as a state machine or a schedule",
    remove: (version) => remove(client(), functionName, version),
  };
}

/** An alias points to a version of any weight, none included: clearing it is somebody's decision, and not made here. */
function withVersions({ Name = "", FunctionVersion, RoutingConfig }: AliasConfiguration) {
  const versions = [FunctionVersion ?? "", ...Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {})];
  return { name: Name, versions };
}

async function listAliases(client: LambdaClient, FunctionName: string): Promise<AliasConfiguration[]> {
  const aliases: AliasConfiguration[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListAliasesCommand({ FunctionName, ...(Marker === undefined ? {} : { Marker }) });
    const page = await ask("lambda:ListAliases", () => client.send(command));
    aliases.push(...(page.Aliases ?? []));
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== "");
  return aliases;
}

/** Event sources that are read for exactly this version. */
async function mappingsOf(client: LambdaClient, FunctionName: string): Promise<string[]> {
  const sources: string[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListEventSourceMappingsCommand({ FunctionName, ...(Marker === undefined ? {} : { Marker }) });
    const page = await ask("lambda:ListEventSourceMappings", () => client.send(command));
    for (const { EventSourceArn, UUID } of page.EventSourceMappings ?? []) {
      sources.push(`event source ${EventSourceArn ?? UUID ?? "of no name"}`);
    }
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== "");
  return sources;
}

/**
 * Whom the version's own policy allows to call it: rules, topics, buckets and API stages each need a statement there, since
 * one on the function does not reach its versions [Lambda developer guide, resource-based policies]. Who calls by a role
 * of its own, a state machine or a schedule, is in no policy of the function.
 */
async function permittedOn(client: LambdaClient, FunctionName: string, Qualifier: string): Promise<string[]> {
  const policy = await ask<string | undefined>(
    "lambda:GetPolicy",
    async () => (await client.send(new GetPolicyCommand({ FunctionName, Qualifier }))).Policy,
    { ResourceNotFoundException: () => undefined },
  );
  if (policy === undefined) return [];
  const statements: unknown = fieldsOf(JSON.parse(policy)).Statement;
  return (Array.isArray(statements) ? statements : [statements]).map(permitted);
}

/** The ARN that a statement names as its source, or else whom it lets in. */
function permitted(statement: unknown): string {
  const { Principal, Condition, Sid } = fieldsOf(statement);
  const source = Object.values(fieldsOf(Condition)).flatMap((condition) => fieldsOf(condition)["AWS:SourceArn"] ?? []);
  const principal = typeof Principal === "string" ? Principal : Object.values(fieldsOf(Principal)).join(", ");
  return source.length > 0 ? source.join(", ") : principal || `statement ${String(Sid)}`;
}

/** Without a version in its request, this call deletes the function with all that it has. */
async function remove(client: LambdaClient, FunctionName: string, version: string): Promise<void> {
  if (!PUBLISHED.test(version)) throw new CallRefused(`"${version}" of ${FunctionName} is no published version`);
  const command = new DeleteFunctionCommand({ FunctionName, Qualifier: version });
  await ask<unknown>("lambda:DeleteFunction", () => client.send(command), {
    ResourceNotFoundException: () => undefined,
  });
}
