import * as z from "zod";
import { DURATION_HINT, readDuration } from "../../functions/domain/durations.ts";
import { USUAL_WEATHER } from "../aws/cloudwatch/weather.ts";

/**
 * A scenario: the world that a rehearsal meets. Times are durations since `startsAt`, shares and rates are fractions,
 * weights are percent as in a release, latencies are milliseconds. Everything has a calm default.
 */

/** A duration such as `15m`, read as milliseconds. */
const duration = z.string().transform((text, context) => {
  const reading = readDuration(text);
  if (reading.ok) return reading.seconds * 1_000;
  context.addIssue({ code: "custom", message: `"${text}" ${reading.message}: ${DURATION_HINT}` });
  return z.NEVER;
});

const fraction = z.number().min(0).max(1);
const percent = z.number().min(0).max(100);
const positive = z.number().positive();

/** `*` stands for any part of a name; without one the name is meant as it is. */
const pattern = z.string().min(1);
const account = z.string().regex(/^\d{12}$/, "an account is twelve digits");

const arrivals = {
  /** Nothing came earlier than this before the world begins; for ever unless said. */
  history: duration.optional(),
  account: account.optional(),
  alias: pattern.default("*"),
  /** A day's wave: `amplitude` 0.4 is 40 % more at `peakHour` (UTC) and 40 % less twelve hours later. */
  daily: z.strictObject({ amplitude: fraction, peakHour: z.number().min(0).max(24) }).optional(),
  /** How much a minute's mean strays: standard deviation of its logarithm. */
  noise: z.number().min(0).max(2).default(0),
  /** Times in which traffic is a multiple of itself; 0 is silence. */
  surges: z.array(z.strictObject({ from: duration, to: duration, times: z.number().min(0) })).default([]),
};

const traffic = z.strictObject({
  ...arrivals,
  function: pattern.default("*"),
  /** Requests a minute, as the mean of a day. */
  perMinute: z.number().min(0),
});

/** Executions of a workflow that are started through an alias of its state machine. */
const starts = z
  .strictObject({
    ...arrivals,
    machine: pattern.default("*"),
    /** Starts a minute, as the mean of a day; or, for rare ones, an hour. */
    perMinute: z.number().min(0).optional(),
    perHour: z.number().min(0).optional(),
  })
  .transform(({ perMinute, perHour, ...rest }, context) => {
    const rate = perMinute ?? (perHour === undefined ? undefined : perHour / 60);
    if (rate !== undefined && (perMinute === undefined || perHour === undefined)) return { ...rest, perMinute: rate };
    context.addIssue({ code: "custom", message: 'give one of "perMinute" and "perHour", such as "perHour": 30' });
    return z.NEVER;
  });

const latency = z.strictObject({ medianMs: positive, sigma: z.number().min(0).max(3).default(0.5) });

const conduct = {
  /** Share of invocations that end in an error. */
  errorRate: fraction.optional(),
  latency: latency.optional(),
  /** Share of requests that are throttled; they count neither as invocations nor as errors. */
  throttleRate: fraction.optional(),
  /** Correlation of failures within one minute; 0: independent, 0.05: they come in bursts. */
  burstiness: fraction.optional(),
  /** Share of invocations that hang for so long and then fail, as at a time-out: they are counted when they end. */
  hangs: z.strictObject({ share: fraction, for: duration }).optional(),
};

const conditions = {
  /** Only while the version has at least this share of the alias, in percent. */
  fromWeight: percent.optional(),
  /** Only this long after the version began to serve. */
  afterServing: duration.optional(),
  /** Only from and to these times. */
  from: duration.optional(),
  to: duration.optional(),
};

const change = z.strictObject({ ...conduct, ...conditions });

const version = z.union([z.literal(["baseline", "candidate"]), z.string().regex(/^\d+$/)]);

const probe = z.literal(["healthy", "unhealthy", "broken"]).default("healthy");

const behaviour = z.strictObject({
  function: pattern.default("*"),
  account: account.optional(),
  /** `baseline`: what the alias served when the world began; `candidate`: any other; or a version's number. */
  version,
  ...conduct,
  /** After its first request a version answers a share of requests slower, or fails some, for a while. */
  coldStart: z
    .strictObject({
      for: duration,
      share: fraction.default(0),
      slowerByMs: positive.default(1_000),
      /** Share of requests that fail on top of the others. */
      errorRate: fraction.default(0),
      /** Also after each further share, which starts more environments. */
      everyShare: z.boolean().default(false),
    })
    .optional(),
  /** What a probe gets: an answer that says healthy, one that says it is not, or an unhandled error. */
  probe,
  /** Applied in order, each over what came before, while its conditions hold. */
  changes: z.array(change).default([]),
});

const executionConduct = {
  /** Shares of executions that end so. What fails or is aborted ends before its time, what times out at its limit. */
  failed: fraction.optional(),
  aborted: fraction.optional(),
  timedOut: fraction.optional(),
  /** Share of executions of which a state transition is throttled; they take no harm. */
  throttled: fraction.optional(),
  /** From start to end. */
  duration: z.strictObject({ median: duration, sigma: z.number().min(0).max(3).default(0.5) }).optional(),
};

const execution = z
  .strictObject({
    machine: pattern.default("*"),
    account: account.optional(),
    /** As for functions. An execution stays on the version that it started on. */
    version,
    ...executionConduct,
    /** What one that is started by a call gives: that it is healthy, that it is not, or a failure. */
    probe,
    /** What runs longer is timed out. */
    timeLimit: duration.default(24 * 3_600_000),
    /** Applied in order, each over what came before, to executions that start while its conditions hold. */
    changes: z.array(z.strictObject({ ...executionConduct, ...conditions })).default([]),
  })
  .superRefine((rule, context) => {
    for (const [index, layer] of [rule, ...rule.changes].entries()) {
      const share = (layer.failed ?? 0) + (layer.aborted ?? 0) + (layer.timedOut ?? 0);
      if (share <= 1) continue;
      const path = index === 0 ? [] : ["changes", index - 1];
      const message = `failed, aborted and timedOut are ${share} together: they are shares of all executions, at most 1`;
      context.addIssue({ code: "custom", path, message });
    }
  });

/** Trouble that has nothing to do with the release: both versions feel it alike. */
const incident = z.strictObject({
  from: duration,
  to: duration,
  function: pattern.default("*"),
  /** The workflows that feel it too: none unless said. */
  machine: pattern.optional(),
  errorsTimes: z.number().min(0).default(1),
  errorsPlus: fraction.default(0),
  latencyTimes: positive.default(1),
});

const cloudwatch = z.strictObject({
  /** From the end of a minute until its first figures can be read. */
  lag: duration.default(USUAL_WEATHER.lag),
  /** Share of minutes whose first figures are incomplete, and what share of requests those then show. */
  partial: fraction.default(USUAL_WEATHER.partial),
  partialShare: fraction.default(USUAL_WEATHER.partialShare),
  /** From the first figures until an incomplete minute is revised. */
  revisedAfter: duration.default(USUAL_WEATHER.revisedAfter),
  /** From a change of an alarm's state until its event; each takes between one and two times this. */
  eventDelay: duration.default(USUAL_WEATHER.eventDelay),
  /** Share of events that are delivered twice. */
  duplicates: fraction.default(USUAL_WEATHER.duplicates),
});

/** A series of CloudWatch that no alias of the world makes: the same in every minute. */
const series = z.strictObject({
  namespace: z.string().min(1),
  metric: z.string().min(1),
  /** Patterns, by name. */
  dimensions: z.record(z.string(), pattern).default({}),
  account: account.optional(),
  /** Of each data point, and how many there are in a minute: a rate of 0.001 over 600 requests, a depth of 0 once. */
  value: z.number(),
  perMinute: z.int().positive().default(1),
});

/** Lines of errors that a function's versions write. */
const logLines = z.strictObject({
  function: pattern.default("*"),
  version,
  /** `{n}` stands for another number in each line. */
  message: z.string().min(1),
  /** For each share of the traffic that the version has: a tenth of it writes a tenth of this. */
  perMinute: z.number().min(0),
});

const sourceConduct = z.strictObject({
  /** Samples of an arm a minute, on average. */
  perMinute: z.number().min(0),
  /** Share of them that are bad, and the value that a metric of values has. */
  badRate: fraction.default(0),
  value: z.number().default(0),
});

/** What a function of the team's answers that a policy names as a metric's source. */
const metricSource = z.strictObject({
  function: pattern.default("*"),
  metric: pattern.default("*"),
  baseline: sourceConduct,
  candidate: sourceConduct,
  /** From the end of a period until the source has it. */
  lag: duration.default(60_000),
  troubles: z
    .array(z.strictObject({ from: duration, to: duration, is: z.literal(["fails", "nonsense", "incomplete"]) }))
    .default([]),
});

const person = z.strictObject({
  /** An address, or a role such as `tech-lead`. */
  who: z.string().min(1),
  answers: z.literal(["approve", "reject", "never"]),
  /** The page behind the link, or the signed route, as the command in the mail does. */
  through: z.literal(["page", "api"]).default("page"),
  /** From the mail's arrival to the answer. */
  after: duration.default(600_000),
  environment: z.string().optional(),
  comment: z.string().optional(),
});

const operatorAction = z.strictObject({
  at: duration,
  /** A verb of the command line, such as `hold`, `resume`, `abort`, `restore`, `stop`, `redrive`. */
  verb: z.string().min(1),
  by: z.string().default("operator"),
  environment: z.string().optional(),
  reason: z.string().optional(),
});

/** Somebody moves an alias outside Headgate. */
const move = z.strictObject({
  at: duration,
  function: z.string().min(1),
  account: account.optional(),
  alias: z.string().default("live"),
  version: z.string().regex(/^\d+$/),
  /** Weights of other versions, in percent. */
  weights: z.record(z.string().regex(/^\d+$/), percent).default({}),
});

/** Functions whose versions take long to come up, or do not come up at all. */
const slowVersions = z.strictObject({
  function: pattern.default("*"),
  because: z.literal(["snap-start", "image", "vpc"]),
  pendingFor: duration,
  failure: z.strictObject({ code: z.string().min(1), reason: z.string().min(1) }).optional(),
});

/** How long a function's requests may run: its time-out, 30 s unless said. */
const timeLimit = z.strictObject({
  function: pattern.default("*"),
  limit: duration.refine((ms) => ms >= 1_000 && ms <= 900_000, "a function may run for 1s to 15m"),
});

const alarmState = z.literal(["OK", "ALARM", "INSUFFICIENT_DATA"]);

const metricAlarm = z.strictObject({
  name: z.string().min(1),
  account: account.optional(),
  namespace: z.string().default("AWS/Lambda"),
  /** Without a metric the alarm is moved by its `turns` alone. */
  metric: z.string().min(1).optional(),
  dimensions: z.record(z.string(), z.string()).default({}),
  statistic: z.string().default("Sum"),
  period: duration.default(60_000),
  comparison: z.literal([">", ">=", "<", "<="]).default(">"),
  threshold: z.number(),
  datapointsToAlarm: z.int().positive().default(1),
  evaluationPeriods: z.int().positive().default(1),
  missing: z.literal(["missing", "breaching", "notBreaching", "ignore"]).default("missing"),
  /** The state it has when the world begins. */
  begins: alarmState.default("OK"),
  /** States that the script forces, as SetAlarmState would: with a metric, the next evaluation may undo it. */
  turns: z.array(z.strictObject({ at: duration, to: alarmState })).default([]),
});

/** In ALARM while any of the others is. */
const compositeAlarm = z.strictObject({
  name: z.string().min(1),
  account: account.optional(),
  anyOf: z.array(z.string().min(1)).min(1),
});

const faultAction = z.union([
  z.literal(["throttle", "refuse", "timeout-before", "timeout-after"]),
  z.strictObject({ delay: duration }),
  z.strictObject({ error: z.string().min(1), status: z.int().default(400) }),
]);

const fault = z.strictObject({
  name: z.string().optional(),
  /** `lambda:UpdateAlias`, or a service alone: `dynamodb`. Services by the name their requests are signed with. */
  call: z.string().regex(/^[a-z0-9-]+(:[A-Za-z]+)?$/),
  /** Only calls made by this handler. */
  handler: z.string().optional(),
  account: account.optional(),
  nth: z.union([z.int().positive(), z.literal("always")]).default(1),
  from: duration.optional(),
  to: duration.optional(),
  action: faultAction,
});

/** What goes wrong with a handler itself; the host of the handlers carries it out. */
const handlerFault = z.strictObject({
  name: z.string().optional(),
  handler: z.string().min(1),
  nth: z.union([z.int().positive(), z.literal("always")]).default(1),
  /** Dies before it does anything, after it has done everything, is invoked twice, or starts late. */
  action: z.union([z.literal(["crash-before", "crash-after", "duplicate"]), z.strictObject({ delay: duration })]),
});

/** The schema of a scenario file. */
export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1),
  /** What it shows, in a sentence or two. */
  about: z.string().default(""),
  startsAt: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  seed: z.int().min(0).default(1),
  /** IAM identity that signs the start through the API; the console starts it unless said, and nobody is on record. */
  startedBy: z.string().startsWith("arn:").optional(),
  /** How many times longer than usual AWS takes to answer. */
  latencyTimes: positive.default(1),
  traffic: z.array(traffic).default([]),
  behaviour: z.array(behaviour).default([]),
  starts: z.array(starts).default([]),
  executions: z.array(execution).default([]),
  incidents: z.array(incident).default([]),
  cloudwatch: cloudwatch.default(() => cloudwatch.parse({})),
  series: z.array(series).default([]),
  metricSources: z.array(metricSource).default([]),
  logLines: z.array(logLines).default([]),
  alarms: z.array(metricAlarm).default([]),
  compositeAlarms: z.array(compositeAlarm).default([]),
  slowVersions: z.array(slowVersions).default([]),
  timeLimits: z.array(timeLimit).default([]),
  people: z.array(person).default([]),
  operators: z.array(operatorAction).default([]),
  moves: z.array(move).default([]),
  faults: z.array(fault).default([]),
  handlerFaults: z.array(handlerFault).default([]),
});

/** A scenario with its defaults filled in: `startsAt` in epoch ms, durations in ms since then. */
export type Scenario = z.output<typeof scenarioSchema>;
/** A scenario as it is written. */
export type ScenarioFile = z.input<typeof scenarioSchema>;
export type TrafficRule = Scenario["traffic"][number];
export type Behaviour = Scenario["behaviour"][number];
export type StartRule = Scenario["starts"][number];
export type ExecutionRule = Scenario["executions"][number];
export type Incident = Scenario["incidents"][number];
export type SteadySeries = Scenario["series"][number];
export type LogLines = Scenario["logLines"][number];
export type MetricSourceRule = Scenario["metricSources"][number];
export type SlowVersions = Scenario["slowVersions"][number];
export type ScenarioFault = Scenario["faults"][number];

/** Reads a scenario; throws an Error that names every problem with its path. */
export const readScenario = (json: unknown): Scenario => {
  const reading = scenarioSchema.safeParse(json);
  if (reading.success) return reading.data;
  throw new Error(`not a scenario:\n${z.prettifyError(reading.error)}`);
};

/** Whether a name fits a pattern with `*`. */
export const fits = (wanted: string, name: string): boolean => {
  if (wanted === "*") return true;
  if (!wanted.includes("*")) return wanted === name;
  return patternOf(wanted).test(name);
};

/** A world asks the same few patterns a million times. */
const patterns = new Map<string, RegExp>();

const patternOf = (wanted: string): RegExp => {
  const known = patterns.get(wanted);
  if (known !== undefined) return known;
  const source = wanted.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${source.join(".*")}$`);
  patterns.set(wanted, pattern);
  return pattern;
};
