import {
  DeleteStateMachineVersionCommand,
  DescribeStateMachineAliasCommand,
  DescribeStateMachineCommand,
  ListStateMachineAliasesCommand,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import { ask } from "../../adapters/shared/aws-errors.ts";
import { CallRefused, NotReady } from "../../domain/errors.ts";
import type { Versions } from "../../domain/ports.ts";

export interface MachineVersionTools {
  readonly client: () => SFNClient;
}

const PUBLISHED = /^[1-9]\d*$/;

/** The published versions of one state machine. */
export function machineVersions({ client }: MachineVersionTools, stateMachineArn: string): Versions {
  return {
    description: (version) =>
      ask<string | undefined>(
        "states:DescribeStateMachine",
        async () => {
          const command = new DescribeStateMachineCommand({ stateMachineArn: `${stateMachineArn}:${version}` });
          return (await client().send(command)).description ?? "";
        },
        { StateMachineDoesNotExist: () => undefined },
      ),
    aliases: () => aliases(client(), stateMachineArn),
    callers: (version) => Promise.reject(unknownCallers(version)),
    unseen: "who starts it by a role of its own",
    remove: (version) => remove(client(), stateMachineArn, version),
  };
}

/** Rules, schedules, functions and other machines start it by a role of their own, which the service shows nowhere. */
function unknownCallers(version: string): CallRefused {
  return new CallRefused(`Step Functions keeps no list of who starts version ${version} past its aliases`);
}

/** An alias names a version of any weight, none included: clearing it is somebody's decision, and not made here. */
async function aliases(client: SFNClient, stateMachineArn: string) {
  const found: { name: string; versions: string[] }[] = [];
  for (const arn of await aliasArns(client, stateMachineArn)) {
    const command = new DescribeStateMachineAliasCommand({ stateMachineAliasArn: arn });
    const { name = "", routingConfiguration = [] } = await ask("states:DescribeStateMachineAlias", () =>
      client.send(command),
    );
    const versions = routingConfiguration.map(({ stateMachineVersionArn = "" }) => lastOf(stateMachineVersionArn));
    found.push({ name, versions });
  }
  return found;
}

async function aliasArns(client: SFNClient, stateMachineArn: string): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const input = { stateMachineArn, ...(nextToken === undefined ? {} : { nextToken }) };
    const page = await ask("states:ListStateMachineAliases", () =>
      client.send(new ListStateMachineAliasesCommand(input)),
    );
    arns.push(...(page.stateMachineAliases ?? []).flatMap(({ stateMachineAliasArn }) => stateMachineAliasArn ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return arns;
}

const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

/** Executions on the version run on. A version that is gone already is fine. */
async function remove(client: SFNClient, stateMachineArn: string, version: string): Promise<void> {
  if (!PUBLISHED.test(version)) throw new CallRefused(`"${version}" of ${stateMachineArn} is no published version`);
  const command = new DeleteStateMachineVersionCommand({ stateMachineVersionArn: `${stateMachineArn}:${version}` });
  await ask<unknown>("states:DeleteStateMachineVersion", () => client.send(command), {
    ConflictException: (cause) => {
      throw new NotReady(`version ${version} is named by an alias: ${cause.message}`, { cause });
    },
  });
}
