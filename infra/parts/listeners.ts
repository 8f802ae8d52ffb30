/** What runs without a machine: on an alarm, on an execution's end, every minute or hour. Driven by the table's triggers. */
import { Aws, CfnResource, Duration } from "aws-cdk-lib";
import { type EventPattern, Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as InvokeLambda } from "aws-cdk-lib/aws-events-targets";
import { AccountPrincipal, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import { CfnEventInvokeConfig } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type FunctionRow, placeholderOf } from "../functions.ts";
import { acknowledge, give } from "./grants.ts";
import { keyUse } from "./keeping.ts";
import { type Lambdas, lambdaOf } from "./lambdas.ts";

export interface ListenersProps {
  readonly name: string;
  readonly rows: readonly FunctionRow[];
  readonly lambdas: Lambdas;
  readonly key: Key;
  readonly promotionMachineArn: string;
  /** Accounts whose alarms are forwarded to this one's bus. */
  readonly accounts: readonly string[];
}

/** Returns the queue of events that no try could deal with; null where nothing listens. */
export function makeListeners(scope: Construct, props: ListenersProps): Queue | null {
  const listening = props.rows.filter(({ trigger }) => TRIGGERS[trigger] !== undefined);
  if (listening.length === 0) return null;
  const deadLetters = new Queue(scope, "DeadLetters", {
    queueName: `${props.name}-dead-letters`,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: props.key,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(deadLetters, "SQS3", "It is the dead-letter queue.");
  for (const row of listening) listen(scope, props, row, deadLetters);
  if (listening.some(({ trigger }) => trigger === "alarm")) admitAlarms(scope, props.accounts);
  return deadLetters;
}

/**
 * What CloudWatch says of an alarm. Nobody else can say it: EventBridge refuses PutEvents with a source that begins with
 * `aws.` (NotAuthorizedForSourceException), which is kept for AWS's own services.
 */
export const ALARM_EVENTS = { source: "aws.cloudwatch", detailType: "CloudWatch Alarm State Change" } as const;

type Trigger = FunctionRow["trigger"];

const TRIGGERS: Partial<
  Record<Trigger, (props: ListenersProps) => { eventPattern: EventPattern } | { schedule: Schedule }>
> = {
  // Only red ones: an alarm that turns green again takes nothing back. EventBridge fills in whose alarm it is.
  alarm: ({ accounts }) => ({
    eventPattern: {
      account: [...new Set([Aws.ACCOUNT_ID, ...accounts])],
      source: [ALARM_EVENTS.source],
      detailType: [ALARM_EVENTS.detailType],
      detail: { state: { value: ["ALARM"] } },
    },
  }),
  execution: ({ promotionMachineArn }) => ({
    eventPattern: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: { stateMachineArn: [promotionMachineArn], status: ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] },
    },
  }),
  minute: () => ({ schedule: Schedule.rate(Duration.minutes(1)) }),
  hour: () => ({ schedule: Schedule.rate(Duration.hours(1)) }),
};

/** Lambda tries an event three times, within these seconds; the sweeper's next minute is worth more than its last one. */
const PATIENCE: Partial<Record<Trigger, { maximumRetryAttempts: number; maximumEventAgeInSeconds: number }>> = {
  alarm: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3_600 },
  execution: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3_600 },
  minute: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
  hour: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 3_600 },
};

function listen(scope: Construct, props: ListenersProps, { name, trigger }: FunctionRow, deadLetters: Queue): void {
  const { handler, role } = lambdaOf(props.lambdas, name);
  const when = TRIGGERS[trigger]?.(props);
  if (when === undefined) return;
  const id = placeholderOf(name);
  give(role, [
    { actions: ["sqs:SendMessage"], resources: [deadLetters.queueArn] },
    keyUse(props.key, "sqs", ["kms:Decrypt", "kms:GenerateDataKey"]),
  ]);
  new CfnEventInvokeConfig(scope, `${id}Patience`, {
    functionName: handler.functionName,
    qualifier: "$LATEST",
    ...PATIENCE[trigger],
    destinationConfig: { onFailure: { destination: deadLetters.queueArn } },
  }).node.addDependency(role);
  const rule = new Rule(scope, `${id}Rule`, {
    ruleName: `${props.name}-${name}`,
    description: `Runs ${name}`,
    ...when,
  });
  rule.addTarget(new InvokeLambda(handler, { deadLetterQueue: deadLetters, maxEventAge: Duration.hours(1) }));
}

/**
 * Alarms live where the workloads are; each of those accounts may put events on this account's bus. Plain, since CDK's
 * own construct warns of deprecated properties that nobody sets.
 */
function admitAlarms(scope: Construct, accounts: readonly string[]): void {
  for (const account of accounts) {
    const StatementId = `alarms-from-${account}`;
    const statement = new PolicyStatement({
      sid: StatementId,
      principals: [new AccountPrincipal(account)],
      actions: ["events:PutEvents"],
      resources: [`arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/default`],
      conditions: {
        StringEquals: { "events:source": ALARM_EVENTS.source, "events:detail-type": ALARM_EVENTS.detailType },
      },
    });
    const properties = { StatementId, Statement: statement.toJSON() };
    new CfnResource(scope, `AlarmsFrom${account}`, { type: "AWS::Events::EventBusPolicy", properties });
  }
}
