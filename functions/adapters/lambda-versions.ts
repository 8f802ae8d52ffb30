import {
  type AliasConfiguration,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ListAliasesCommand,
} from "@aws-sdk/client-lambda";
import { CallRefused } from "../domain/errors.ts";
import type { Versions } from "../domain/ports.ts";
import { ask } from "./shared/aws-errors.ts";

export interface VersionTools {
  readonly client: () => LambdaClient;
}

const PUBLISHED = /^[1-9]\d*$/;

/** The published versions of one Lambda function. */
export function lambdaVersions({ client }: VersionTools, functionName: string): Versions {
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

/** Without a version in its request, this call deletes the function with all that it has. */
async function remove(client: LambdaClient, FunctionName: string, version: string): Promise<void> {
  if (!PUBLISHED.test(version)) throw new CallRefused(`"${version}" of ${FunctionName} is no published version`);
  const command = new DeleteFunctionCommand({ FunctionName, Qualifier: version });
  await ask<unknown>("lambda:DeleteFunction", () => client.send(command), {
    ResourceNotFoundException: () => undefined,
  });
}
