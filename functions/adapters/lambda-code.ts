import {
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  type GetFunctionResponse,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  type UpdateFunctionCodeRequest,
} from "@aws-sdk/client-lambda";
import { NotReady, ServiceTrouble } from "../domain/errors.ts";
import type { CodeArtifact } from "../domain/plan.ts";
import { type Clock, type CodeHost, CodeOutOfReach, type PublishedCode, RevisionMoved } from "../domain/ports.ts";
import { ask, type Known, translated } from "./shared/aws-errors.ts";
import { untilDeadline } from "./shared/deadline.ts";
import { type HashText, readinessOf, settingsOf } from "./shared/lambda-configuration.ts";

/** Fetches a file by a link that needs no signature; rejects when no answer came in time, or one longer than `most` bytes. */
export type Download = (
  url: string,
  limits: { readonly most: number; readonly timeoutMs: number },
) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

export interface CodeTools {
  readonly client: () => LambdaClient;
  readonly clock: Clock;
  readonly download: Download;
  readonly hash: HashText;
}

/** Code of one Lambda function. Lambda hashes in base64; here, as everywhere in Headgate, hashes are hex. */
export function lambdaCode(tools: CodeTools, functionName: string): CodeHost {
  const { client, hash } = tools;
  return {
    async current() {
      const latest = await ask("lambda:GetFunctionConfiguration", () =>
        client().send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
      );
      const revision = latest.RevisionId ?? "";
      return { ...stateOf(latest, hash), revision };
    },
    replace: (artifact, guard) => replace(tools, functionName, artifact, guard),
    publish: (guard) => publish(client(), functionName, guard),
    version: (version) =>
      ask<PublishedCode | undefined>(
        "lambda:GetFunctionConfiguration",
        async () => {
          const command = new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier: version });
          const found = await client().send(command);
          return { version, ...stateOf(found, hash) };
        },
        { ResourceNotFoundException: () => undefined },
      ),
  };
}

function stateOf(found: FunctionConfiguration, hash: HashText): Omit<PublishedCode, "version"> {
  const longestSeconds = found.Timeout ?? null;
  return { sha256: hexOf(found), settings: settingsOf(found, hash), readiness: readinessOf(found), longestSeconds };
}

async function replace(
  tools: CodeTools,
  functionName: string,
  artifact: CodeArtifact,
  { revision, deadline }: { readonly revision: string; readonly deadline: number },
): Promise<void> {
  const source = artifact.from === "s3" ? objectOf(artifact) : await codeOf(tools, functionName, artifact.version);
  const command = new UpdateFunctionCodeCommand({ FunctionName: functionName, ...source, RevisionId: revision });
  // Code travels with the call, or is fetched within it: one attempt may take as long as there is.
  const options = untilDeadline(tools.clock, deadline, Number.POSITIVE_INFINITY);
  await ask<unknown>("lambda:UpdateFunctionCode", () => tools.client().send(command, options), guarded(functionName));
}

type Source = Pick<UpdateFunctionCodeRequest, "S3Bucket" | "S3Key" | "S3ObjectVersion" | "ZipFile" | "ImageUri">;

const objectOf = ({ bucket, key, versionId }: Extract<CodeArtifact, { from: "s3" }>): Source => ({
  S3Bucket: bucket,
  S3Key: key,
  S3ObjectVersion: versionId,
});

/** Lambda's limit for a zip that travels with the call, in bytes [Lambda quotas: deployment package, direct upload]. */
const LARGEST_ZIP = 50 * 1024 * 1024;

/** How long a zip may take to arrive, in milliseconds; the link that GetFunction gives is good for ten minutes. */
const DOWNLOAD_MS = 20_000;

/** A published version's code: an image by its digest, or its zip, fetched by the link that GetFunction gives. */
async function codeOf({ client, download }: CodeTools, functionName: string, version: string): Promise<Source> {
  const command = new GetFunctionCommand({ FunctionName: functionName, Qualifier: version });
  const { Code, Configuration } = await ask<GetFunctionResponse>("lambda:GetFunction", () => client().send(command), {
    ResourceNotFoundException: () => {
      throw new CodeOutOfReach(`there is no version ${version} of ${functionName}`);
    },
  });
  if (Code?.ResolvedImageUri !== undefined) return { ImageUri: Code.ResolvedImageUri };
  const size = Configuration?.CodeSize ?? 0;
  if (size > LARGEST_ZIP) {
    throw new CodeOutOfReach(`version ${version} has ${size} bytes of code, and Lambda takes ${LARGEST_ZIP} directly`);
  }
  if (Code?.Location === undefined) throw new CodeOutOfReach(`Lambda gives no link to the code of version ${version}`);
  return { ZipFile: await fetched(download, Code.Location, version) };
}

async function fetched(download: Download, url: string, version: string): Promise<Uint8Array> {
  // The link is a secret for as long as it is good, and stands in no message.
  const trouble = (cause?: unknown) =>
    new ServiceTrouble(`the code of version ${version} could not be fetched`, { cause });
  const { status, body } = await download(url, { most: LARGEST_ZIP, timeoutMs: DOWNLOAD_MS }).catch(
    (cause: unknown) => {
      throw trouble(cause);
    },
  );
  if (status >= 500) throw trouble();
  if (status !== 200) throw new CodeOutOfReach(`the code of version ${version} is not to be had (HTTP ${status})`);
  return body;
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
