import {
  DescribeStateMachineAliasCommand,
  type DescribeStateMachineAliasOutput,
  DescribeStateMachineCommand,
  type DescribeStateMachineOutput,
  type SFNClient,
  UpdateStateMachineAliasCommand,
} from "@aws-sdk/client-sfn";
import { ask } from "../../adapters/shared/aws-errors.ts";
import { untilDeadline } from "../../adapters/shared/deadline.ts";
import type { Pace } from "../../adapters/shared/pace.ts";
import type { Clock, ReadBack, RouteState, TrafficTarget } from "../../domain/ports.ts";
import type { MachineAliasPlan, MachineRoute } from "./kind.ts";

export interface MachineAliasTools {
  readonly client: () => SFNClient;
  readonly clock: Clock;
  /** Turns of the control plane, which every target of a place shares. */
  readonly pace: Pace;
}

type Alias = Pick<MachineAliasPlan, "resource" | "stateMachineArn" | "stateMachineName" | "alias">;

/** Step Functions' limit for an alias description. */
const LONGEST_MARKER = 256;

/** A change is felt "within a few seconds" [UpdateStateMachineAlias]: reads have to agree for more than five. */
const READ_BACK: ReadBack = { reads: 4, everyMs: 2_000 };

/**
 * Traffic by the weights of a state machine's alias. There is no optimistic lock: whoever writes last wins, so that the
 * deadline and agreeing reads are what a write is believed by. The description carries our mark.
 */
export function machineAliasTraffic({ client, clock, pace }: MachineAliasTools, alias: Alias): TrafficTarget {
  return {
    readBack: READ_BACK,
    read: async () => {
      await pace();
      return stateOf(await describeAlias(client(), alias));
    },
    async write({ route, marker, deadline }) {
      await pace();
      const command = new UpdateStateMachineAliasCommand({
        stateMachineAliasArn: alias.resource,
        description: marker.slice(0, LONGEST_MARKER),
        routingConfiguration: (route as MachineRoute).shares.map(({ version, percent }) => ({
          stateMachineVersionArn: `${alias.stateMachineArn}:${version}`,
          weight: percent,
        })),
      });
      await ask("states:UpdateStateMachineAlias", () => client().send(command, untilDeadline(clock, deadline)));
    },
    obstacles: (candidate) => obstacles(client(), alias, candidate),
  };
}

/** A weight of zero starts nothing: it is no split, and clearing it needs no journal. */
function stateOf(alias: DescribeStateMachineAliasOutput): RouteState & { readonly route: MachineRoute } {
  const shares = (alias.routingConfiguration ?? []).flatMap(({ stateMachineVersionArn = "", weight = 0 }) =>
    weight === 0 ? [] : [{ version: versionOf(stateMachineVersionArn), percent: weight }],
  );
  return { route: { shares }, revision: null, marker: alias.description ?? "" };
}

const versionOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

function describeAlias(client: SFNClient, { resource }: Alias): Promise<DescribeStateMachineAliasOutput> {
  const command = new DescribeStateMachineAliasCommand({ stateMachineAliasArn: resource });
  return ask("states:DescribeStateMachineAlias", () => client.send(command));
}

async function obstacles(client: SFNClient, alias: Alias, candidate: string | null): Promise<string[]> {
  const { shares } = stateOf(await describeAlias(client, alias)).route;
  const [first, second] = shares;
  const name = `${alias.stateMachineName}:${alias.alias}`;
  const split = `${name} is split already: ${second?.percent} % on version ${second?.version}`;
  return [
    ...(second === undefined ? [] : [split]),
    ...(await differences(client, alias, first?.version ?? "", candidate)),
  ];
}

/** What of the candidate is another tool's doing: a release brings a definition, and nothing else. */
async function differences(
  client: SFNClient,
  alias: Alias,
  serving: string,
  candidate: string | null,
): Promise<string[]> {
  const before = await machineAt(client, `${alias.stateMachineArn}:${serving}`);
  const after = await machineAt(
    client,
    candidate === null ? alias.stateMachineArn : `${alias.stateMachineArn}:${candidate}`,
  );
  const { stateMachineName: name } = alias;
  if (before === undefined) return [`${name} has no version ${serving}, which its alias names`];
  if (after === undefined) return [candidate === null ? `there is no ${name}` : `${name} has no version ${candidate}`];
  const who = candidate === null ? `the latest revision of ${name}` : `version ${candidate} of ${name}`;
  return SETTINGS.filter(({ of }) => JSON.stringify(of(before)) !== JSON.stringify(of(after))).map(
    ({ words }) => `${who} has another ${words} than version ${serving}; a release brings a definition alone`,
  );
}

const SETTINGS: readonly { readonly words: string; readonly of: (machine: DescribeStateMachineOutput) => unknown }[] = [
  { words: "execution role", of: ({ roleArn }) => roleArn },
  { words: "logging", of: ({ loggingConfiguration }) => loggingConfiguration },
  { words: "tracing", of: ({ tracingConfiguration }) => tracingConfiguration },
];

function machineAt(client: SFNClient, stateMachineArn: string): Promise<DescribeStateMachineOutput | undefined> {
  const command = new DescribeStateMachineCommand({ stateMachineArn });
  return ask<DescribeStateMachineOutput | undefined>("states:DescribeStateMachine", () => client.send(command), {
    StateMachineDoesNotExist: () => undefined,
  });
}
