import {
  type AliasConfiguration,
  type FunctionConfiguration,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  GetProvisionedConcurrencyConfigCommand,
  type LambdaClient,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { ask } from "../../adapters/shared/aws-errors.ts";
import { untilDeadline } from "../../adapters/shared/deadline.ts";
import type { Pace } from "../../adapters/shared/pace.ts";
import { type Clock, type ReadBack, RevisionMoved, type RouteState, type TrafficTarget } from "../../domain/ports.ts";
import type { AliasRoute, LambdaAliasPlan } from "./kind.ts";

export interface AliasTools {
  readonly client: () => LambdaClient;
  readonly clock: Clock;
  /** Turns of the control plane, which every target of a place shares. */
  readonly pace: Pace;
}

type Alias = Pick<LambdaAliasPlan, "functionName" | "alias">;

/** Lambda's limit for an alias description. */
const LONGEST_MARKER = 256;

/** Lambda documents no time after which reads agree; one second of agreeing reads is cheap beside any bake. */
const READ_BACK: ReadBack = { reads: 2, everyMs: 1_000 };

/**
 * Traffic by the weights of a Lambda alias: its version is the primary, one additional version may hold a share. The
 * revision id is Lambda's optimistic lock, and the description carries our mark.
 */
export function aliasTraffic({ client, clock, pace }: AliasTools, alias: Alias): TrafficTarget {
  return {
    readBack: READ_BACK,
    read: async () => {
      await pace();
      return stateOf(await getAlias(client(), alias));
    },
    async write(change) {
      const { revision, marker, deadline } = change;
      const route = change.route as AliasRoute;
      await pace();
      const command = new UpdateAliasCommand({
        FunctionName: alias.functionName,
        Name: alias.alias,
        FunctionVersion: route.primary,
        // Left out, the weights would stay as they are; an empty map is how they are cleared.
        RoutingConfig: { AdditionalVersionWeights: weightsOf(route) },
        Description: marker.slice(0, LONGEST_MARKER),
        ...(revision === null ? {} : { RevisionId: revision }),
      });
      await ask<unknown>("lambda:UpdateAlias", () => client().send(command, untilDeadline(clock, deadline)), {
        PreconditionFailedException: (cause) => {
          throw new RevisionMoved(`${alias.functionName}:${alias.alias} is no longer at the revision read`, { cause });
        },
      });
    },
    obstacles: (candidate) => obstacles(client(), alias, candidate),
    // All that were asked for are up then; what exceeds them starts cold nevertheless.
    startsWarm: async (version) => (await provisioned(client(), alias, version)) === "READY",
  };
}

/** From percent (0..100) to Lambda's fraction. Division rounds once, so that 10 gives 0.1 and 7 gives 0.07. */
export function fractionOf(percent: number): number {
  return percent / 100;
}

/** From Lambda's fraction to percent, to four decimals: 0.07 x 100 is 7.000000000000001 in floating point. */
export function percentOf(fraction: number): number {
  return Math.round(fraction * 1e6) / 1e4;
}

function weightsOf({ secondary }: AliasRoute): Record<string, number> {
  return secondary === null || secondary.percent === 0 ? {} : { [secondary.version]: fractionOf(secondary.percent) };
}

/** A weight of zero is no split: it moves no traffic, and clearing it needs no journal. */
function stateOf(alias: AliasConfiguration): RouteState & { readonly route: AliasRoute } {
  const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {}).filter(
    ([, weight]) => weight > 0,
  );
  const [version, weight] = weights[0] ?? [];
  const secondary = version === undefined || weight === undefined ? null : { version, percent: percentOf(weight) };
  return {
    route: { primary: alias.FunctionVersion ?? "", secondary },
    revision: alias.RevisionId ?? null,
    marker: alias.Description ?? "",
  };
}

function getAlias(client: LambdaClient, { functionName, alias }: Alias): Promise<AliasConfiguration> {
  return ask("lambda:GetAlias", () => client.send(new GetAliasCommand({ FunctionName: functionName, Name: alias })));
}

async function obstacles(client: LambdaClient, alias: Alias, candidate: string | null): Promise<string[]> {
  const { route } = stateOf(await getAlias(client, alias));
  const name = `${alias.functionName}:${alias.alias}`;
  return [
    ...(route.secondary === null
      ? []
      : [`${name} is split already: ${route.secondary.percent} % on version ${route.secondary.version}`]),
    ...(route.primary === "$LATEST"
      ? [`${name} points to $LATEST, which cannot be split and does not stay as it is`]
      : []),
    ...((await provisioned(client, alias, alias.alias)) !== null
      ? [`${name} has provisioned concurrency, which Lambda refuses on a split alias; configure it on the versions`]
      : []),
    ...(await differences(client, alias.functionName, route.primary, candidate)),
  ];
}

/** As far as the provisioned concurrency of a version or alias has come; null: it has none. */
function provisioned(client: LambdaClient, { functionName }: Alias, qualifier: string): Promise<string | null> {
  const command = new GetProvisionedConcurrencyConfigCommand({ FunctionName: functionName, Qualifier: qualifier });
  return ask<string | null>(
    "lambda:GetProvisionedConcurrencyConfig",
    async () => (await client.send(command)).Status ?? "IN_PROGRESS",
    { ProvisionedConcurrencyConfigNotFoundException: () => null },
  );
}

/** Why Lambda would refuse both versions on one alias. A candidate still to be published will have $LATEST's settings. */
async function differences(
  client: LambdaClient,
  functionName: string,
  primary: string,
  candidate: string | null,
): Promise<string[]> {
  const before = await configuration(client, functionName, primary);
  const after = await configuration(client, functionName, candidate ?? "$LATEST");
  if (after === undefined) return [`${functionName} has no version ${candidate}`];
  if (before === undefined) return [`${functionName} has no version ${primary}, which its alias points to`];
  const who = candidate === null ? "$LATEST" : `version ${candidate}`;
  return [
    ...(before.Role === after.Role
      ? []
      : [`${who} of ${functionName} has another execution role than version ${primary}; they cannot share an alias`]),
    ...(before.DeadLetterConfig?.TargetArn === after.DeadLetterConfig?.TargetArn
      ? []
      : [
          `${who} of ${functionName} has another dead-letter target than version ${primary}; they cannot share an alias`,
        ]),
    ...(after.State === "Failed"
      ? [`${who} of ${functionName} is in state Failed: ${after.StateReason ?? "no reason given"}`]
      : []),
  ];
}

function configuration(
  client: LambdaClient,
  FunctionName: string,
  Qualifier: string,
): Promise<FunctionConfiguration | undefined> {
  const command = new GetFunctionConfigurationCommand({ FunctionName, Qualifier });
  return ask<FunctionConfiguration | undefined>("lambda:GetFunctionConfiguration", () => client.send(command), {
    ResourceNotFoundException: () => undefined,
  });
}
