import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { CallRefused, NotReady } from "../domain/errors.ts";
import type { CodeArtifact } from "../domain/plan.ts";
import { type CodeHost, RevisionMoved } from "../domain/ports.ts";
import { ask, type Known, translated } from "./shared/aws-errors.ts";

export interface CodeTools {
  readonly client: () => LambdaClient;
}

/** Code of one Lambda function. Lambda hashes in base64; here, as everywhere in Headgate, hashes are hex. */
export function lambdaCode({ client }: CodeTools, functionName: string): CodeHost {
  return {
    async current() {
      const latest = await ask("lambda:GetFunctionConfiguration", () =>
        client().send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
      );
      const updating = latest.LastUpdateStatus === "InProgress" || latest.State === "Pending";
      return { sha256: hexOf(latest), revision: latest.RevisionId ?? "", updating };
    },
    update: (artifact, revision) => update(client(), functionName, artifact, revision),
    publish: (guard) => publish(client(), functionName, guard),
    version: (version) =>
      ask<{ version: string; sha256: string } | undefined>(
        "lambda:GetFunctionConfiguration",
        async () => {
          const command = new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier: version });
          return { version, sha256: hexOf(await client().send(command)) };
        },
        { ResourceNotFoundException: () => undefined },
      ),
  };
}

async function update(
  client: LambdaClient,
  functionName: string,
  artifact: CodeArtifact,
  revision: string,
): Promise<void> {
  if (artifact.from === "version")
    throw new CallRefused(`version ${artifact.version} is published; it is not uploaded`);
  const command = new UpdateFunctionCodeCommand({
    FunctionName: functionName,
    S3Bucket: artifact.bucket,
    S3Key: artifact.key,
    S3ObjectVersion: artifact.versionId,
    RevisionId: revision,
  });
  await ask<unknown>("lambda:UpdateFunctionCode", () => client.send(command), guarded(functionName));
}

async function publish(
  client: LambdaClient,
  functionName: string,
  guard: { readonly sha256: string; readonly revision: string; readonly description: string },
): Promise<{ version: string; sha256: string }> {
  const command = new PublishVersionCommand({
    FunctionName: functionName,
    CodeSha256: Buffer.from(guard.sha256, "hex").toString("base64"),
    RevisionId: guard.revision,
    Description: guard.description.slice(0, LONGEST_DESCRIPTION),
  });
  const published = await ask("lambda:PublishVersion", () => client.send(command), {
    ...guarded(functionName),
    // The one parameter of ours that a valid plan can have wrong: the code is no longer the code that was read.
    InvalidParameterValueException: (error) => {
      throw /sha256/i.test(error.message) ? moved(functionName, error) : translated("lambda:PublishVersion", error);
    },
  });
  return { version: published.Version ?? "", sha256: hexOf(published) };
}

/** Lambda's limit for the description of a version. */
const LONGEST_DESCRIPTION = 256;

function guarded(functionName: string): Known<never> {
  return {
    PreconditionFailedException: (error) => {
      throw moved(functionName, error);
    },
    // An update of the function, ours or another's, is still being carried out.
    ResourceConflictException: (cause) => {
      throw new NotReady(`${functionName} is still changing: ${cause.message}`, { cause });
    },
  };
}

function moved(functionName: string, cause: Error): RevisionMoved {
  return new RevisionMoved(`$LATEST of ${functionName} is no longer what was read`, { cause });
}

function hexOf({ CodeSha256 }: FunctionConfiguration): string {
  return Buffer.from(CodeSha256 ?? "", "base64").toString("hex");
}
