/** The one place where ports meet adapters. */
import { createHash, createHmac } from "node:crypto";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { cloudWatchAlarms, cloudWatchMetrics } from "../adapters/cloudwatch.ts";
import { cloudWatchLogs } from "../adapters/cloudwatch-logs.ts";
import { dynamoDbLedger } from "../adapters/dynamodb-ledger.ts";
import { executions } from "../adapters/executions.ts";
import { lambdaProber } from "../adapters/lambda-prober.ts";
import { metricSources } from "../adapters/metric-sources.ts";
import { s3Artifacts } from "../adapters/s3-artifacts.ts";
import { sesMailer } from "../adapters/ses-mailer.ts";
import { type Pace, paceOf } from "../adapters/shared/pace.ts";
import { snsMailer } from "../adapters/sns-mailer.ts";
import { web } from "../adapters/web.ts";
import { restoreWorker, settleWorker } from "../adapters/workers.ts";
import { CallRefused } from "../domain/errors.ts";
import type { Dependencies, Hash, Log, Mac, Mailer, Place } from "../domain/ports.ts";
import { mailHtml } from "../pages/mail.ts";
import { makeTarget } from "../targets/adapters.ts";
import { everyMetric } from "./every-metric.ts";
import { type ClientConfig, type Host, keep } from "./host.ts";
import { countPromotion } from "./metrics.ts";

/** Environment variables of the functions. Each has only those of the resources that it uses. */
export const VARIABLES = {
  table: "HEADGATE_TABLE",
  topicArn: "HEADGATE_TOPIC_ARN",
  /** The sender of mails by SES; not set: mails go by the topic. */
  mailFrom: "HEADGATE_MAIL_FROM",
  /** ARN of the sender's identity, where another account has it. */
  mailIdentity: "HEADGATE_MAIL_IDENTITY",
  mailConfigurationSet: "HEADGATE_MAIL_CONFIGURATION_SET",
  baseUrl: "HEADGATE_BASE_URL",
  pastDays: "HEADGATE_PAST_DAYS",
  promotionMachineArn: "HEADGATE_PROMOTION_MACHINE_ARN",
  /** Name of the function that restores, for those who have it done. */
  restoreFunction: "HEADGATE_RESTORE_FUNCTION",
  /** Name of the function that settles approvals, for those who only decide. */
  settleFunction: "HEADGATE_SETTLE_FUNCTION",
  /** Sent with each AssumeRole into a target account. */
  externalId: "HEADGATE_EXTERNAL_ID",
  /** `write`: assumes the role that may move traffic and publish; `retire`: that may delete; else the one that reads. */
  access: "HEADGATE_ACCESS",
} as const;

export const sha256: Hash = (text) => createHash("sha256").update(text).digest("hex");

export const hmacSha256: Mac = (key, text) => createHmac("sha256", key).update(text).digest("hex");

/** Everything that one invocation may reach. Clients are made at their first use, and kept on the host. */
export function buildDependencies(host: Host, log: Log, remainingMs: () => number): Dependencies {
  const { clock, entropy } = host;
  const here = clientsOf(host, null);
  const ledger = dynamoDbLedger({ client: here.dynamoDb, table: () => need(host, VARIABLES.table), clock, entropy });
  const paces = new Map<string, Pace>();
  const paceAt = ({ account, region }: Place, service: keyof typeof TURNS): Pace => {
    const where = `${service} ${account} ${region}`;
    const { perSecond, burst } = TURNS[service];
    const pace = paces.get(where) ?? paceOf(clock, perSecond, burst);
    paces.set(where, pace);
    return pace;
  };
  const pacesAt = (place: Place) => ({ lambdaPace: paceAt(place, "lambda"), sfnPace: paceAt(place, "sfn") });
  return {
    clock,
    concurrency: host.concurrency,
    entropy,
    hash: sha256,
    mac: hmacSha256,
    log,
    ledger,
    mailer: mailerOn(host, here),
    executions: executions({ client: here.sfn, machineArn: () => need(host, VARIABLES.promotionMachineArn) }),
    restoreWorker: restoreWorker({ client: here.lambda, functionName: () => need(host, VARIABLES.restoreFunction) }),
    settleWorker: settleWorker({ client: here.lambda, functionName: () => need(host, VARIABLES.settleFunction) }),
    web: web({ fetchPage: host.fetchPage, clock }),
    target: (place, plan) => {
      const clients = clientsOf(host, place);
      return makeTarget({ clock, hash: sha256, download: host.download, ...pacesAt(place), ...clients }, plan);
    },
    metrics: (place) => {
      const { cloudWatch, lambdaOnce } = clientsOf(host, place);
      const sources = metricSources({ client: lambdaOnce, clock, concurrency: host.concurrency });
      return everyMetric(cloudWatchMetrics({ client: cloudWatch }), sources);
    },
    logs: (place) => cloudWatchLogs({ client: clientsOf(host, place).logs }),
    alarms: (place) => cloudWatchAlarms({ client: clientsOf(host, place).cloudWatch }),
    artifacts: (place) => s3Artifacts({ client: clientsOf(host, place).s3 }),
    prober: (place, functionName) => lambdaProber({ client: clientsOf(host, place).lambdaOnce, clock }, functionName),
    countOutcome: (outcome) => countPromotion(host, outcome),
    remainingMs,
    settings: {
      baseUrl: baseUrlOn(host),
      deployment: host.environment[VARIABLES.promotionMachineArn] ?? "",
      ...pastDaysOn(host),
    },
  };
}

/** A number of days above 0; anything else leaves it to what CloudWatch keeps. */
function pastDaysOn({ environment }: Host): { readonly pastDays?: number } {
  const pastDays = Number(environment[VARIABLES.pastDays]);
  return pastDays > 0 ? { pastDays } : {};
}

const baseUrlOn = ({ environment }: Host) => (environment[VARIABLES.baseUrl] ?? "").replace(/\/+$/, "");

/** By SES where this function was told a sender, else by the topic. */
function mailerOn(host: Host, here: ReturnType<typeof clientsOf>): Mailer {
  const { environment, clock } = host;
  if (!environment[VARIABLES.mailFrom]) {
    return snsMailer({ client: here.sns, topicArn: () => need(host, VARIABLES.topicArn) });
  }
  return sesMailer({
    client: here.ses,
    from: () => need(host, VARIABLES.mailFrom),
    identityArn: environment[VARIABLES.mailIdentity] || undefined,
    configurationSet: environment[VARIABLES.mailConfigurationSet] || undefined,
    html: (mail) => mailHtml(mail, `${baseUrlOn(host)}/approvals`),
    pace: paceOf(clock, SES_LOOKS_PER_SECOND, 1),
  });
}

/** What SES answers of calls that do not send [SES developer guide, quotas]. */
const SES_LOOKS_PER_SECOND = 1;

/**
 * Turns of control planes, for an account and Region. Lambda's takes 15 calls a second in all; a fifth is left to others.
 * Step Functions takes one a second of an alias's updates and one of its reads, and a hundred of each after a rest.
 */
const TURNS = { lambda: { perSecond: 12, burst: 6 }, sfn: { perSecond: 2, burst: 60 } } as const;

/** A variable that this function was deployed without is a mistake of the deployment, found at the first use. */
function need(host: Host, variable: string): string {
  const value = host.environment[variable];
  if (value) return value;
  throw new CallRefused(`the environment variable ${variable} is not set for this function`);
}

/** Suppliers of the clients of one place; `null` is the control plane's own account. */
function clientsOf(host: Host, place: Place | null) {
  const where = place === null ? "here" : `${place.account} ${place.region} ${place.roleArn ?? "own role"}`;
  const supply =
    <T>(service: string, make: (config: ClientConfig) => T) =>
    (): T =>
      keep(host, `${service} ${where}`, () => make(host.clientConfig(place)));
  return {
    dynamoDb: supply("DynamoDB", (config) => new DynamoDBClient(config)),
    sns: supply("SNS", (config) => new SNSClient(config)),
    ses: supply("SES", (config) => new SESv2Client(config)),
    sfn: supply("SFN", (config) => new SFNClient(config)),
    cloudWatch: supply("CloudWatch", (config) => new CloudWatchClient(config)),
    logs: supply("CloudWatch Logs", (config) => new CloudWatchLogsClient(config)),
    s3: supply("S3", (config) => new S3Client(config)),
    lambda: supply("Lambda", (config) => new LambdaClient(config)),
    lambdaOnce: supply("Lambda once", ({ retryStrategy: _retries, ...config }) => {
      return new LambdaClient({ ...config, maxAttempts: 1 });
    }),
  };
}
