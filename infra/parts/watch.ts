/** Who watches the watcher: alarms about Headgate itself, and a dashboard. */
import { Duration } from "aws-cdk-lib";
import type { RestApi } from "aws-cdk-lib/aws-apigateway";
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  SingleValueWidget,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { OUTCOMES } from "../../functions/domain/outcomes.ts";
import { NAMESPACE, PROMOTIONS } from "../../functions/runtime/metrics.ts";
import type { FunctionRow } from "../functions.ts";
import { type Lambdas, lambdaOf } from "./lambdas.ts";
import type { Machines } from "./machines.ts";
import type { Notices } from "./notices.ts";

export interface WatchProps {
  readonly name: string;
  readonly rows: readonly FunctionRow[];
  readonly lambdas: Lambdas;
  readonly machines: Machines;
  readonly api: RestApi;
  readonly notices: Notices;
  readonly deadLetters: Queue | null;
}

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);

/** CloudWatch's limit of metrics in one alarm's expression. */
const MOST_IN_ONE = 10;

interface Trouble {
  readonly id: string;
  /** What it means and where to look, for whoever is woken by it. */
  readonly means: string;
  readonly metric: IMetric;
  /** Alarm when at least this many in one period; `none`: when nothing at all is seen in five. */
  readonly at: number | "none";
}

export function makeWatch(scope: Construct, props: WatchProps): void {
  for (const trouble of troublesOf(props)) makeAlarm(scope, props.name, props.notices.alarms, trouble);
  makeDashboard(scope, props);
}

function troublesOf(props: WatchProps): Trouble[] {
  return [
    ...promotionTroubles(props),
    ...functionTroubles(props),
    {
      id: "ApiErrors",
      means: "the approval page or the signed route fails; people cannot decide",
      metric: props.api.metricServerError({ period: FIVE_MINUTES, statistic: "Sum" }),
      at: 1,
    },
    {
      id: "MailFailed",
      means: "mail could not be delivered; somebody waits for a link that never came",
      metric: sumOf(props.notices.people.failed),
      at: 1,
    },
    ...(props.deadLetters === null
      ? []
      : [
          {
            id: "DeadLetters",
            means:
              "an alarm, an execution's end or a sweep was given up after all its tries; its event is in the queue",
            metric: props.deadLetters.metricApproximateNumberOfMessagesVisible({
              period: MINUTE,
              statistic: "Maximum",
            }),
            at: 1,
          },
        ]),
  ];
}

function promotionTroubles({ machines }: WatchProps): Trouble[] {
  const { promotion, ...children } = machines;
  return [
    {
      id: "RollbackFailed",
      means: "traffic is not known to be on a good version: see the promotion, then `headgate restore`",
      metric: outcomeMetric("rollback-failed"),
      at: 1,
    },
    {
      id: "PromotionErrored",
      means: "a promotion ended because something broke, not because somebody or some metric said no",
      metric: outcomeMetric("errored"),
      at: 1,
    },
    {
      id: "PromotionTimedOut",
      means: "a promotion ran for a year; the sweeper brings traffic back and closes it",
      metric: promotion.metricTimedOut({ period: FIVE_MINUTES }),
      at: 1,
    },
    {
      id: "ExecutionsThrottled",
      means: "Step Functions holds state transitions back; bakes look less often than they should",
      metric: sumOf([...Object.values(machines)].map((machine) => machine.metricThrottled({ period: FIVE_MINUTES }))),
      at: 1,
    },
    {
      id: "ChildFailed",
      means: "a child machine ended FAILED, which no state of it does: States.Runtime, or its history is full",
      metric: sumOf(
        Object.values(children).flatMap((machine) => [
          machine.metricFailed({ period: FIVE_MINUTES }),
          machine.metricTimedOut({ period: FIVE_MINUTES }),
        ]),
      ),
      at: 1,
    },
  ];
}

/** Tasks' errors are retried and end in an outcome; the others have nobody behind them but these alarms. */
function functionTroubles({ rows, lambdas }: WatchProps): Trouble[] {
  const errorsOf = (mine: (row: FunctionRow) => boolean) =>
    sumOf(rows.filter(mine).map(({ name }) => lambdaOf(lambdas, name).handler.metricErrors({ period: FIVE_MINUTES })));
  const sweepers = rows.filter(({ trigger }) => trigger === "minute");
  const all = [...lambdas.values()].map(({ handler }) => handler);
  const groups = Array.from({ length: Math.ceil(all.length / MOST_IN_ONE) }, (_, index) =>
    all.slice(index * MOST_IN_ONE, (index + 1) * MOST_IN_ONE),
  );
  return [
    {
      id: "RequestErrors",
      means: "a page or a signed route failed: see its log",
      metric: errorsOf(({ trigger }) => trigger === "request"),
      at: 1,
    },
    {
      id: "UnattendedErrors",
      means: "a listener or the sweeper failed: see its log",
      metric: errorsOf(({ trigger }) => trigger !== "task" && trigger !== "request"),
      at: 1,
    },
    ...groups.map((group, index) => ({
      id: `FunctionsThrottled${index + 1}`,
      means: "Lambda throttles Headgate's functions: other workloads of the account use up the concurrency",
      metric: sumOf(group.map((handler) => handler.metricThrottles({ period: FIVE_MINUTES }))),
      at: 1 as const,
    })),
    ...sweepers.map(({ name }) => ({
      id: "SweeperSilent",
      means: "the sweeper does not run: what events miss is found by nobody",
      metric: lambdaOf(lambdas, name).handler.metricInvocations({ period: MINUTE }),
      at: "none" as const,
    })),
  ];
}

function outcomeMetric(outcome: (typeof OUTCOMES)[number]): Metric {
  const dimensionsMap = { service: "headgate", outcome };
  return new Metric({
    namespace: NAMESPACE,
    metricName: PROMOTIONS,
    dimensionsMap,
    statistic: "Sum",
    period: FIVE_MINUTES,
  });
}

function sumOf(metrics: readonly IMetric[]): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  const period = FIVE_MINUTES;
  return new MathExpression({ expression: "SUM(METRICS())", usingMetrics, period });
}

function makeAlarm(scope: Construct, name: string, topic: Topic, { id, means, metric, at }: Trouble): void {
  const silent = at === "none";
  const alarm = new Alarm(scope, `${id}Alarm`, {
    alarmName: `${name}-${id}`,
    alarmDescription: `Headgate: ${means}. Runbook: docs/deploy.md, "${id}".`,
    metric,
    threshold: silent ? 1 : at,
    comparisonOperator: silent
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: silent ? 5 : 1,
    treatMissingData: silent ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(topic));
}

function makeDashboard(scope: Construct, { name, machines, lambdas, api, notices }: WatchProps): void {
  const { promotion, ...children } = machines;
  const handlers = [...lambdas.values()].map(({ handler }) => handler);
  const dashboard = new Dashboard(scope, "Dashboard", { dashboardName: name });
  dashboard.addWidgets(
    new SingleValueWidget({
      title: "Promotions started",
      metrics: [promotion.metricStarted()],
      setPeriodToTimeRange: true,
    }),
    new GraphWidget({
      title: "Outcomes",
      left: OUTCOMES.map((outcome) => outcomeMetric(outcome).with({ label: outcome })),
    }),
    new GraphWidget({
      title: "Children failed",
      left: Object.values(children).map((machine) => machine.metricFailed()),
    }),
  );
  dashboard.addWidgets(
    new GraphWidget({ title: "Function errors", left: handlers.map((handler) => handler.metricErrors()) }),
    new GraphWidget({
      title: "Function duration, p95",
      left: handlers.map((handler) => handler.metricDuration({ statistic: "p95" })),
    }),
    new GraphWidget({ title: "Throttles", left: handlers.map((handler) => handler.metricThrottles()) }),
  );
  dashboard.addWidgets(
    new GraphWidget({
      title: "Approval pages",
      left: [api.metricCount(), api.metricServerError()],
      right: [api.metricLatency()],
    }),
    new GraphWidget({
      title: "Mail",
      left: [...notices.people.delivered, ...notices.people.failed],
    }),
  );
}
