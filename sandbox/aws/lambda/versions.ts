import { createHash } from "node:crypto";
import type { SimulatedAws } from "../router.ts";
import { Reply } from "../service.ts";
import { type ConfigurationAnswer, latestAnswer, versionAnswer } from "./answers.ts";
import { lambdaErrors } from "./errors.ts";
import type { Settings, SimulatedFunction, Version } from "./function.ts";

/** Where artifacts lie: what Lambda needs to know of an S3 object (hash as base64, size in bytes). */
export type CodeSource = (location: {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}) => { readonly sha256: string; readonly size: number; readonly body?: Uint8Array | undefined } | undefined;

interface Qualified {
  readonly Qualifier?: string;
}

interface CodeInput {
  readonly S3Bucket?: string;
  readonly S3Key?: string;
  readonly S3ObjectVersion?: string;
  readonly ZipFile?: string;
  readonly ImageUri?: string;
  readonly RevisionId?: string;
  readonly Publish?: boolean;
  readonly DryRun?: boolean;
}

type ConfigurationInput = Partial<Omit<Settings, "CodeSha256" | "CodeSize">> & { readonly RevisionId?: string };

interface PublishInput {
  readonly CodeSha256?: string;
  readonly RevisionId?: string;
  readonly Description?: string;
}

interface ListInput {
  readonly Marker?: string;
  readonly MaxItems?: string;
}

/** How long an update of `$LATEST` stays in progress, and a new version pending: milliseconds, from and spread. */
const SETTLING = { update: { from: 4_000, spread: 8_000 }, version: { from: 500, spread: 2_500 } };

const PAGE = 50;

/** Of an UpdateFunctionCode request, in characters: 50 MB of zip in base64. */
const LARGEST_REQUEST = 70_167_211;

/** A function keeps the kind of package that it was created with. */
const checkPackage = (fn: SimulatedFunction, { ImageUri }: CodeInput): void => {
  const kind = fn.latest.settings.PackageType ?? "Zip";
  if ((kind === "Image") === (ImageUri !== undefined)) return;
  const what = kind === "Image" ? "Please provide ImageUri" : "Please don't provide ImageUri";
  throw lambdaErrors.invalid(`${what} when updating a function with packageType ${kind}.`);
};

/** Lambda shows an image's digest as the hash of its code. */
const digestIn = (uri: string): string =>
  Buffer.from(uri.slice(uri.lastIndexOf("@sha256:") + "@sha256:".length), "hex").toString("base64");

/** A link to a package is good for ten minutes [Lambda API reference, GetFunction]. */
const LINK_MS = 10 * 60_000;

const SETTING_NAMES = [
  "Role",
  "Runtime",
  "Handler",
  "MemorySize",
  "Timeout",
  "Description",
  "DeadLetterConfig",
  "Environment",
  "SnapStart",
  "VpcConfig",
] as const;

/** Same code and settings; the description is a label and not compared. */
const unchanged = (left: Settings, right: Settings): boolean =>
  JSON.stringify({ ...left, Description: "" }) === JSON.stringify({ ...right, Description: "" });

/** `$LATEST` and published versions: code, settings, publishing. */
export class Versions {
  readonly #aws: SimulatedAws;
  readonly #code: CodeSource;
  readonly #revision: () => string;

  constructor(aws: SimulatedAws, code: CodeSource, revision: () => string) {
    this.#aws = aws;
    this.#code = code;
    this.#revision = revision;
  }

  configuration(fn: SimulatedFunction, { Qualifier = "$LATEST" }: Qualified): ConfigurationAnswer {
    const now = this.#aws.clock.now();
    if (Qualifier === "$LATEST") return latestAnswer(fn, now);
    const number = /^\d+$/.test(Qualifier) ? Qualifier : fn.alias(Qualifier).current.version;
    return number === "$LATEST" ? latestAnswer(fn, now) : versionAnswer(fn, fn.version(number), now);
  }

  /** Configuration and where the code is: a link to the package, or the image by its digest. */
  describe(fn: SimulatedFunction, input: Qualified): Record<string, unknown> {
    const Configuration = this.configuration(fn, input);
    const sha256 = Buffer.from(Configuration.CodeSha256, "base64").toString("hex");
    if (Configuration.PackageType === "Image") {
      const ImageUri = `${fn.account}.dkr.ecr.${fn.region}.amazonaws.com/${fn.name}`;
      return {
        Configuration,
        Code: { RepositoryType: "ECR", ImageUri, ResolvedImageUri: `${ImageUri}@sha256:${sha256}` },
      };
    }
    const until = this.#aws.clock.now() + LINK_MS;
    const path = `snapshots/${fn.account}/${fn.name}/${sha256}?until=${until}`;
    return {
      Configuration,
      Code: { RepositoryType: "S3", Location: `https://awslambda-${fn.region}-tasks.s3.amazonaws.com/${path}` },
    };
  }

  updateCode(fn: SimulatedFunction, input: CodeInput): ConfigurationAnswer {
    this.#checkFree(fn, input.RevisionId);
    checkPackage(fn, input);
    const { sha256, size, body } = this.#codeOf(input);
    if (body !== undefined) fn.codes.set(sha256, body);
    if (input.DryRun === true) return latestAnswer(fn, this.#aws.clock.now());
    this.#change(fn, { ...fn.latest.settings, CodeSha256: sha256, CodeSize: size });
    return input.Publish === true ? this.#publishNow(fn, {}) : latestAnswer(fn, this.#aws.clock.now());
  }

  updateConfiguration(fn: SimulatedFunction, input: ConfigurationInput): ConfigurationAnswer {
    this.#checkFree(fn, input.RevisionId);
    const given = SETTING_NAMES.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]] as const]));
    this.#change(fn, { ...fn.latest.settings, ...(Object.fromEntries(given) as Partial<Settings>) });
    return latestAnswer(fn, this.#aws.clock.now());
  }

  /** Publishes `$LATEST`, or answers with the newest version when nothing has changed since it. */
  publish(fn: SimulatedFunction, input: PublishInput): Reply {
    this.#checkFree(fn, input.RevisionId);
    const own = fn.latest.settings.CodeSha256;
    if (input.CodeSha256 !== undefined && input.CodeSha256 !== own) {
      throw lambdaErrors.invalid(
        `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${own}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    }
    return new Reply(this.#publishNow(fn, input), 201);
  }

  list(fn: SimulatedFunction, input: ListInput): { Versions: ConfigurationAnswer[]; NextMarker?: string } {
    const now = this.#aws.clock.now();
    const all = [latestAnswer(fn, now), ...[...fn.versions.values()].map((version) => versionAnswer(fn, version, now))];
    const from = Number(input.Marker ?? 0);
    const to = from + Math.min(PAGE, Number(input.MaxItems ?? PAGE));
    return { Versions: all.slice(from, to), ...(to < all.length ? { NextMarker: String(to) } : {}) };
  }

  /** Deletes a version that no alias points to. */
  delete(fn: SimulatedFunction, { Qualifier }: Qualified): Reply {
    if (Qualifier === undefined || !/^\d+$/.test(Qualifier)) {
      throw lambdaErrors.invalid("the simulation deletes published versions only: give a version as Qualifier");
    }
    fn.version(Qualifier);
    const user = [...fn.aliases.values()].find(
      ({ current }) => current.version === Qualifier || Qualifier in current.additional,
    );
    if (user !== undefined) {
      throw lambdaErrors.conflict(`Cannot delete version ${Qualifier}: alias ${user.current.name} references it`);
    }
    fn.versions.delete(Qualifier);
    return new Reply(undefined, 204);
  }

  /** Throws while another update is in progress (409), or where the revision given is not the present one (412). */
  #checkFree(fn: SimulatedFunction, revisionId: string | undefined): void {
    const { LastUpdateStatus, RevisionId } = latestAnswer(fn, this.#aws.clock.now());
    if (LastUpdateStatus === "InProgress") {
      throw lambdaErrors.conflict(
        `The operation cannot be performed at this time. An update is in progress for resource: ${fn.arn}`,
      );
    }
    if (revisionId !== undefined && revisionId !== RevisionId) throw lambdaErrors.revision("GetFunction");
  }

  #codeOf(input: CodeInput): NonNullable<ReturnType<CodeSource>> {
    if (input.ImageUri !== undefined) return { sha256: digestIn(input.ImageUri), size: 0 };
    if (input.ZipFile !== undefined) {
      if (input.ZipFile.length > LARGEST_REQUEST) throw lambdaErrors.tooLarge(LARGEST_REQUEST);
      const body = Buffer.from(input.ZipFile, "base64");
      return { sha256: createHash("sha256").update(body).digest("base64"), size: body.length, body };
    }
    const { S3Bucket: bucket = "", S3Key: key = "", S3ObjectVersion: versionId } = input;
    const found = this.#code({ bucket, key, versionId });
    if (found !== undefined) return found;
    throw lambdaErrors.invalid(
      "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    );
  }

  #change(fn: SimulatedFunction, settings: Settings): void {
    const now = this.#aws.clock.now();
    const [revisionId, settledRevisionId] = [this.#revision(), this.#revision()];
    const settledAt = now + this.#spread(SETTLING.update, revisionId);
    fn.latest = { settings, changedAt: now, settledAt, revisionId, settledRevisionId };
  }

  #publishNow(fn: SimulatedFunction, input: PublishInput): ConfigurationAnswer {
    const now = this.#aws.clock.now();
    const { newest } = fn;
    if (newest !== undefined && unchanged(newest.settings, fn.latest.settings)) return versionAnswer(fn, newest, now);
    const revisionId = this.#revision();
    const { ms = this.#spread(SETTLING.version, revisionId), failure } = fn.comingUp ?? {};
    const version: Version = {
      version: fn.takeVersionNumber(),
      settings: { ...fn.latest.settings, Description: input.Description ?? fn.latest.settings.Description },
      publishedAt: now,
      activeAt: now + ms,
      failure,
      revisionId,
    };
    fn.versions.set(version.version, version);
    return versionAnswer(fn, version, now);
  }

  #spread({ from, spread }: { readonly from: number; readonly spread: number }, key: string): number {
    return from + this.#aws.random("settling", key).below(spread);
  }
}
