/** The one key, and log groups under it. */
import { Aws, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Grant } from "../../functions/targets/grant.ts";

/** How long a log is kept: what the functions do, or who decided what, which audits ask for a year later. */
export const KEPT = { work: RetentionDays.THREE_MONTHS, audit: RetentionDays.ONE_YEAR } as const;

/**
 * A key of our own, for three reasons: whoever reads the ledger finds task tokens and who is asked, so reading it takes two
 * permissions; CloudWatch may not publish to a topic under the AWS-managed key; logs take no other kind.
 */
export function makeKey(scope: Construct, name: string): Key {
  const key = new Key(scope, "Key", {
    alias: `alias/${name}`,
    description: `Headgate ${name}: ledger, mail, queues and logs`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const logs = new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`);
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: "Logs",
      principals: [logs],
      actions: [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:GenerateDataKey",
        "kms:DescribeKey",
      ],
      resources: ["*"],
      conditions: {
        ArnLike: {
          "kms:EncryptionContext:aws:logs:arn": `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*`,
        },
      },
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: "Alarms",
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: ["*"],
      conditions: ofOwnAlarms(name),
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: "DeadLetters",
      principals: [new ServicePrincipal("events.amazonaws.com")],
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: ["*"],
      // No condition: EventBridge asks KMS without saying for whom, and the event is lost [SNS and SQS developer guides,
      // key management]. The queue's policy names the rules that may write.
    }),
  );
  return key;
}

/**
 * Holds a statement to what CloudWatch asks for on behalf of this deployment's alarms: it sends both keys, to SNS and to
 * KMS [SNS developer guide, example cases for access control; key management].
 */
export function ofOwnAlarms(name: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
    ArnLike: { "aws:SourceArn": `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:${name}-*` },
  };
}

export function makeLog(
  scope: Construct,
  id: string,
  logGroupName: string,
  key: Key,
  retention: RetentionDays,
): LogGroup {
  return new LogGroup(scope, id, { logGroupName, encryptionKey: key, retention, removalPolicy: RemovalPolicy.RETAIN });
}

/** A use of the key through one service, by whoever has the role. */
export function keyUse(key: Key, service: "dynamodb" | "sns" | "sqs", actions: readonly string[]): Grant {
  const conditions = { StringEquals: { "kms:ViaService": `${service}.${Aws.REGION}.amazonaws.com` } };
  return { actions, resources: [key.keyArn], conditions };
}
