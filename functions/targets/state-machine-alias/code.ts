import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import {
  DescribeStateMachineCommand,
  type DescribeStateMachineOutput,
  PublishStateMachineVersionCommand,
  type SFNClient,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import { ask } from "../../adapters/shared/aws-errors.ts";
import { untilDeadline } from "../../adapters/shared/deadline.ts";
import { CallRefused } from "../../domain/errors.ts";
import type { CodeArtifact } from "../../domain/plan.ts";
import {
  type Clock,
  type CodeHost,
  CodeOutOfReach,
  type Hash,
  type PublishedCode,
  RevisionMoved,
} from "../../domain/ports.ts";

export interface DefinitionTools {
  readonly client: () => SFNClient;
  readonly s3: () => S3Client;
  readonly hash: Hash;
  readonly clock: Clock;
}

/** What a machine that nobody has updated yet calls its revision [PublishStateMachineVersion]. */
const INITIAL = "INITIAL";

/** Step Functions' limit for the description of a version. */
const LONGEST_DESCRIPTION = 256;

/**
 * The definition of one state machine. A version freezes role, logging and tracing as well, which a release does not
 * bring: an update sends the definition alone. UpdateStateMachine has no guard of its own, so the revision is read again
 * just before; publishing is refused by the service where another one has come in between.
 */
export function machineDefinition(tools: DefinitionTools, stateMachineArn: string): CodeHost {
  const { client, clock, hash } = tools;
  const current = async () => {
    const machine = await describe(client(), stateMachineArn);
    return { ...frozen(machine, hash), revision: machine.revisionId ?? INITIAL };
  };
  return {
    current,
    async replace(artifact, { revision, deadline }) {
      const definition = await definitionOf(tools, stateMachineArn, artifact);
      if ((await current()).revision !== revision) throw moved(stateMachineArn);
      const command = new UpdateStateMachineCommand({ stateMachineArn, definition });
      await ask<unknown>("states:UpdateStateMachine", () => client().send(command, untilDeadline(clock, deadline)));
    },
    publish: ({ sha256, revision, description }) => {
      const command = new PublishStateMachineVersionCommand({
        stateMachineArn,
        revisionId: revision,
        description: description.slice(0, LONGEST_DESCRIPTION),
      });
      const send = async () => ({ version: numberOf((await client().send(command)).stateMachineVersionArn), sha256 });
      return ask("states:PublishStateMachineVersion", send, {
        ConflictException: (cause) => {
          throw moved(stateMachineArn, cause);
        },
      });
    },
    async version(version) {
      const machine = await versionOf(client(), stateMachineArn, version);
      return machine === undefined ? undefined : { version, ...frozen(machine, hash) };
    },
  };
}

function describe(client: SFNClient, stateMachineArn: string): Promise<DescribeStateMachineOutput> {
  return ask("states:DescribeStateMachine", () => client.send(new DescribeStateMachineCommand({ stateMachineArn })));
}

function versionOf(client: SFNClient, stateMachineArn: string, version: string) {
  const command = new DescribeStateMachineCommand({ stateMachineArn: `${stateMachineArn}:${version}` });
  return ask<DescribeStateMachineOutput | undefined>("states:DescribeStateMachine", () => client.send(command), {
    StateMachineDoesNotExist: () => undefined,
  });
}

/** What a version freezes. A machine and its versions can be started at once: there is nothing to wait for. */
const frozen = (machine: DescribeStateMachineOutput, hash: Hash): Omit<PublishedCode, "version"> => ({
  sha256: hash(machine.definition ?? ""),
  settings: {
    roleArn: hash(machine.roleArn ?? ""),
    loggingConfiguration: hash(JSON.stringify(machine.loggingConfiguration ?? {})),
    tracingConfiguration: hash(JSON.stringify(machine.tracingConfiguration ?? {})),
  },
  readiness: { is: "ready" },
});

/**
 * A published version's definition, or exactly the object's version that the plan pins. Throws `CodeOutOfReach` for a
 * version that is not there, `CallRefused` where the object's hash is another.
 */
async function definitionOf(
  { client, s3, hash }: DefinitionTools,
  stateMachineArn: string,
  artifact: CodeArtifact,
): Promise<string> {
  if (artifact.from === "version") {
    const found = await versionOf(client(), stateMachineArn, artifact.version);
    if (found?.definition !== undefined) return found.definition;
    throw new CodeOutOfReach(`there is no version ${artifact.version} of ${stateMachineArn}`);
  }
  const { bucket: Bucket, key: Key, versionId: VersionId, sha256 } = artifact;
  const command = new GetObjectCommand({ Bucket, Key, VersionId });
  const { Body } = await ask<GetObjectCommandOutput>("s3:GetObject", () => s3().send(command));
  const definition = (await Body?.transformToString()) ?? "";
  const found = hash(definition);
  if (sha256 === undefined || found === sha256) return definition;
  throw new CallRefused(`s3://${Bucket}/${Key} at ${VersionId} has the hash ${found}, and the plan pins ${sha256}`);
}

const numberOf = (arn = ""): string => arn.slice(arn.lastIndexOf(":") + 1);

function moved(stateMachineArn: string, cause?: Error): RevisionMoved {
  const options = cause === undefined ? {} : { cause };
  return new RevisionMoved(`${stateMachineArn} is no longer at the revision that was read`, options);
}
