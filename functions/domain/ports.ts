/**
 * What the handlers need from the outside, without a word of any SDK. Each port has two to four methods; adapters
 * implement them against AWS, tests and the sandbox against the simulated one.
 *
 * Every method may throw `ServiceTrouble` (try again) or `CallRefused` (do not); other errors are named where they occur.
 */
import type { Outcome } from "./outcomes.ts";
import type { CodeArtifact, Probe, QueryPlan, SourcePlan, TargetPlan } from "./plan.ts";

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** A one-shot event. */
export interface Gate<T> {
  open(value: T): void;
  /** Gives the first value that it was opened with, before or after. */
  wait(): Promise<T>;
}

/**
 * Several things at once. What waits for another's doing waits at a gate: in virtual time nothing else tells that it has
 * come to rest.
 */
export interface Concurrency {
  /** Runs all, waits for all, gives their results in order; then throws the first error, if there was one. */
  together<T>(bodies: readonly (() => Promise<T>)[]): Promise<T[]>;
  gate<T>(): Gate<T>;
}

export interface Entropy {
  /** Hex string of `bytes` random bytes; cryptographically strong on AWS, seeded in the sandbox. */
  id(bytes: number): string;
}

/** SHA-256 as lower-case hex. */
export type Hash = (text: string) => string;

/** HMAC-SHA-256 as lower-case hex. */
export type Mac = (key: string, text: string) => string;

// --- ledger ----------------------------------------------------------------------------------------------------------

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export type Item = Key & Readonly<Record<string, unknown>>;

/**
 * What must hold for a change: the item is absent, is there, or has these values at these top-level attributes
 * (`null` stands for "attribute absent").
 */
export type Condition = "absent" | "present" | Readonly<Record<string, string | number | boolean | null>>;

export type Change =
  | { readonly put: Item; readonly if?: Condition }
  | { readonly remove: Key; readonly if?: Condition }
  | { readonly check: Key; readonly if: Condition };

/** A condition of a ledger write did not hold. `failed` are the indices of the changes whose condition failed. */
export class Conflict extends Error {
  override readonly name = "Conflict";
  readonly failed: readonly number[];
  constructor(failed: readonly number[]) {
    super(`ledger condition failed for change ${failed.join(", ")}`);
    this.failed = failed;
  }
}

export interface Ledger {
  /** Strongly consistent. */
  read(key: Key): Promise<Item | undefined>;
  /** Up to 100 different items at once, in the order of their keys, each strongly consistent, though not one snapshot. */
  readAll(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  /** All items of a partition whose sort key begins with `prefix`, in order, strongly consistent. */
  list(pk: string, prefix: string): Promise<Item[]>;
  /** All or nothing, at most 100 changes. Throws `Conflict` when a condition does not hold. */
  write(changes: readonly Change[]): Promise<void>;
}

// --- traffic ---------------------------------------------------------------------------------------------------------

/**
 * Where a target's traffic goes, as JSON that only its kind reads: all that a restore needs to put it back. An alias has
 * versions and a weight, an API stage its deployment and every variable.
 */
export type Route = Readonly<Record<string, unknown>>;

/** A target as it was read. */
export interface RouteState {
  readonly route: Route;
  /** Optimistic lock of the service; null where it has none. */
  readonly revision: string | null;
  /** The description that carries our mark, or what somebody else wrote there. */
  readonly marker: string;
}

/** The service says that the revision is no longer current: HTTP 412 or its like. */
export class RevisionMoved extends Error {
  override readonly name = "RevisionMoved";
}

/** How reads are believed: so many in a row that agree, so long apart. */
export interface ReadBack {
  readonly reads: number;
  readonly everyMs: number;
}

/** One traffic target of one environment: `functions/targets/<kind>/traffic.ts`. */
export interface TrafficTarget {
  read(): Promise<RouteState>;
  /**
   * One write: sets the route, guarded by `revision` where the service has one, marked with `marker`, given up before
   * `deadline` (epoch ms). Throws `RevisionMoved`.
   */
  write(change: { route: Route; revision: string | null; marker: string; deadline: number }): Promise<void>;
  /** Why this target cannot be rolled out now (already split, provisioned concurrency, other role ...); empty: it can. */
  obstacles(candidate: string | null): Promise<string[]>;
  /** Whether what runs this version is up before its first request, so that none comes cold; absent: the kind has no such thing. */
  startsWarm?(version: string): Promise<boolean>;
  readonly readBack: ReadBack;
}

/** A target that moves by itself: told once, and followed from then on. */
export interface SelfDriving {
  /** Starts the movement towards the candidate. The same name again is the same movement. */
  start(command: { candidate: string; name: string; marker: string; deadline: number }): Promise<void>;
  /** How far it is, under the marker that it was started with. `stopped`: it will not go on by itself, and traffic is where `state` says. */
  progress(): Promise<{ phase: "moving" | "done" | "stopped"; state: RouteState; summary: string }>;
  /**
   * Asks it to stop and to go back, from wherever it is; the way back is followed by `progress`, to `stopped`. Without a
   * movement nothing has to be done, and it is `stopped` too.
   */
  stop(): Promise<void>;
}

/** Whether something may serve: now, once it has come up, or not without a person. `why` is the service's own reason. */
export type Readiness =
  | { readonly is: "ready" }
  | { readonly is: "pending" | "failed" | "inactive"; readonly why: string };

/**
 * What candidates are made from, as it was read: code, and every setting that a version freezes. It serves nobody, and
 * anybody may change it.
 */
export interface CodeState {
  readonly sha256: string;
  /** Hash of each setting by its name: values may be secrets, and a name is enough to say what changed. */
  readonly settings: Readonly<Record<string, string>>;
  readonly revision: string;
  /** `pending`: a change is under way. `failed`: the last one was. */
  readonly readiness: Readiness;
  /** Longest that a request may be under way, in seconds; null or absent: without a limit that is known. */
  readonly longestSeconds?: number | null;
}

/** A published version: what it froze, and whether it may carry traffic. */
export interface PublishedCode {
  readonly version: string;
  readonly sha256: string;
  readonly settings: CodeState["settings"];
  readonly readiness: Readiness;
  /** Longest that a request may be under way, in seconds; null or absent: without a limit that is known. */
  readonly longestSeconds?: number | null;
}

/** The code that a source names cannot be had, or cannot be put back: too large, gone. The message says why. */
export class CodeOutOfReach extends Error {
  override readonly name = "CodeOutOfReach";
}

/** Code behind a target: replace it, publish a candidate, put the old code back. */
export interface CodeHost {
  current(): Promise<CodeState>;
  /**
   * Starts replacing what candidates are made from by an artifact, or by the code of a published version, and is given
   * up before `deadline` (epoch ms). Settings stay. Throws `RevisionMoved` and `CodeOutOfReach`.
   */
  replace(artifact: CodeArtifact, guard: { readonly revision: string; readonly deadline: number }): Promise<void>;
  /**
   * Publishes a version, guarded; returns the version that is there already when nothing changed. Throws
   * `RevisionMoved`.
   */
  publish(guard: {
    sha256: string;
    revision: string;
    description: string;
  }): Promise<{ version: string; sha256: string }>;
  /** Undefined when there is no such version. */
  version(version: string): Promise<PublishedCode | undefined>;
}

/** The published versions of what holds the code: whose they are, who points to them, and an end to one. */
export interface Versions {
  /** What its publisher wrote on it; undefined when there is no such version. */
  description(version: string): Promise<string | undefined>;
  /** Every alias, with the versions that it sends traffic to. */
  aliases(): Promise<{ readonly name: string; readonly versions: readonly string[] }[]>;
  /**
   * Whoever is set up to call exactly this version, past every alias, in words. Throws `CallRefused` where that may not
   * be looked at.
   */
  callers(version: string): Promise<string[]>;
  /** Who may call it and shows nowhere, in words; said with every deletion. */
  readonly unseen: string;
  /** Deletes exactly this version, which no alias points to. Throws `NotReady` when one does. */
  remove(version: string): Promise<void>;
}

export interface Prober {
  /** Invokes exactly this version once. `ok` false carries what was found instead. */
  invoke(version: string, probe: Probe): Promise<{ ok: boolean; found: string; ms: number }>;
}

/** What has begun on a version and goes on there when traffic has left it, such as a workflow's executions. */
export interface InFlight {
  /** In the plural, for people: `executions`. */
  readonly what: string;
  /** What the policy asks for once traffic is back. */
  readonly onRestore: "finish" | "stop";
  /** Names of what runs on this version now, the newest first; `more`: there are others beyond those. */
  running(version: string): Promise<{ readonly names: readonly string[]; readonly more: boolean }>;
  /** Ends it. What has ended already stays as it is. */
  stop(name: string, cause: string): Promise<void>;
}

/** The parts of one traffic target. What a kind has not is absent; `driver` is there for those that move by themselves. */
export interface Target {
  readonly plan: TargetPlan;
  readonly traffic: TrafficTarget;
  readonly code?: CodeHost;
  readonly versions?: Versions;
  readonly prober?: Prober;
  readonly inFlight?: InFlight;
  readonly driver?: SelfDriving;
}

// --- metrics ---------------------------------------------------------------------------------------------------------

export interface SeriesQuery {
  /** Unique within one read. */
  readonly id: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  readonly periodSeconds: number;
}

/** Metric math over series that are read for it alone. */
export interface MathQuery extends Pick<SeriesQuery, "id" | "periodSeconds"> {
  readonly expression: string;
  readonly inputs: Readonly<Record<string, QueryPlan>>;
  /** Inputs without whose point the expression has none. */
  readonly required: readonly string[];
}

/** One series of Metrics Insights. */
export interface InsightsQuery extends Pick<SeriesQuery, "id" | "periodSeconds"> {
  readonly insights: string;
}

/** One series of a function of the team's. */
export interface SourceQuery extends Pick<SeriesQuery, "id" | "periodSeconds"> {
  readonly source: SourcePlan;
  readonly metric: string;
  readonly target: string | null;
  readonly arm: "candidate" | "baseline";
  /** Null: as a whole, whatever versions serve. */
  readonly version: string | null;
  readonly part: "samples" | "bad" | "value";
}

export type AnySeriesQuery = SeriesQuery | MathQuery | InsightsQuery | SourceQuery;

export interface Series {
  readonly id: string;
  /** Value by start of period (epoch ms). No entry: no datapoint, which is not zero. */
  readonly points: ReadonlyMap<number, number>;
  /** False when whoever was asked did not read all of it. */
  readonly complete: boolean;
  /** Why it is not complete, where that is known. */
  readonly trouble?: string;
}

export interface Metrics {
  /** Reads [from, to) in epoch ms; follows paging to its end; one Series per query, in order. */
  read(queries: readonly AnySeriesQuery[], from: number, to: number): Promise<Series[]>;
}

/** Lines of errors in a log group, between two instants (epoch ms). */
export interface LogSearch {
  readonly group: string;
  readonly from: number;
  readonly to: number;
}

export interface FoundLines {
  readonly lines: readonly { readonly stream: string; readonly message: string }[];
  /** False: more lines matched than are given. */
  readonly complete: boolean;
}

/** Searches of logs, which take their time. */
export interface Logs {
  /** Begins to search; gives what the search is called. */
  search(wanted: LogSearch): Promise<string>;
  /** What it has found; null while it runs. Throws `ServiceTrouble` for one that came to nothing. */
  found(id: string): Promise<FoundLines | null>;
}

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** An alarm as it stands. */
export interface AlarmStatus {
  readonly state: AlarmState;
  /** When it came into this state (epoch ms); null where CloudWatch does not say. */
  readonly since: number | null;
  /** What it watches; absent for a composite, which watches alarms. */
  readonly watch?: AlarmWatch;
}

/** How an alarm looks at its metrics, and what it takes a missing point for. */
export interface AlarmWatch {
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly missing: "missing" | "breaching" | "notBreaching" | "ignore";
  /** Several where it looks at an expression of them; empty where they are of another account, or found by a search. */
  readonly metrics: readonly Pick<SeriesQuery, "namespace" | "metricName" | "dimensions" | "statistic">[];
}

/** An alarm that turned red, whatever it did after that. */
export interface RedTurn {
  readonly name: string;
  /** Epoch ms. */
  readonly at: number;
  /** CloudWatch's words for it; empty where it has none. */
  readonly reason: string;
}

export interface Alarms {
  /** Status by name, composites included; a name that does not exist is absent from the answer. */
  states(names: readonly string[], prefix?: string): Promise<ReadonlyMap<string, AlarmStatus>>;
  /**
   * Every turn of these alarms to red at or after `from` (epoch ms), oldest first, those of deleted alarms included. One
   * call an alarm, of which CloudWatch answers few a second: name those alone that can have turned since.
   */
  redTurns(names: readonly string[], from: number): Promise<RedTurn[]>;
}

// --- people and machines ---------------------------------------------------------------------------------------------

export interface Mail {
  /** Exactly one address: each mail is personal. */
  readonly to: string;
  /** At most 99 printable ASCII characters; the adapter cuts and cleans. */
  readonly subject: string;
  /** Plain text. */
  readonly body: string;
}

/** A way in which people are told. */
export interface Channel {
  readonly kind: "mail";
  send(mail: Mail): Promise<void>;
}

/**
 * Whether mail gets to an address: it does (`confirmed`), its owner has not agreed to any yet, nobody has asked for it to
 * be served, or the mail service keeps mail back from it, after one that bounced or was called spam.
 */
export type Reach = "confirmed" | "unconfirmed" | "absent" | "suppressed";

/** Somebody who gets what is mailed. */
export interface Listener {
  /** Names it to whoever is to end it. */
  readonly id: string;
  /** How it gets mail: `email`, or by machine. */
  readonly protocol: string;
  readonly endpoint: string;
  /** Whose mail it gets, in lower case; `everything`: nothing keeps anybody's from it. */
  readonly hears: readonly string[] | "everything";
}

export interface Mailer extends Channel {
  reach(addresses: readonly string[]): Promise<ReadonlyMap<string, Reach>>;
  /** Everybody who shares a way with others and gets mail on it now; nobody where each mail goes to its address alone. */
  listeners(): Promise<readonly Listener[]>;
}

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";

export interface Executions {
  /** Wakes a waiting token; false when nobody waits on it any more. */
  wake(token: string): Promise<boolean>;
  /** Undefined when no such execution exists (any more). */
  status(executionArn: string): Promise<ExecutionStatus | undefined>;
  /**
   * Starts a promotion under a name; a second start with the same input while it runs is the first one. `taken`: the name
   * is that of an execution with another input, or of one that has ended.
   */
  start(name: string, input: unknown): Promise<"started" | "taken">;
  /** ARN of the promotion of that name, whether there is one or not. */
  arnOf(name: string): string;
}

/** Restores that outlive whoever asks for them. */
export interface RestoreWorker {
  /** Begins to restore the promotion's traffic, soon; a second start does no more than the first. */
  start(promotionId: string): Promise<void>;
}

/**
 * Settles approvals for those who may decide and nothing else: what a decision brings about (the trail, mails, waking the
 * workflow) is done with the permissions of the function that settles.
 */
export interface SettleWorker {
  /** Begins to settle this approval, soon; a second start does no more than the first. */
  start(name: { readonly promotionId: string; readonly environment: string; readonly approval: string }): Promise<void>;
}

/** Where artifacts lie. */
export interface Artifacts {
  /** Undefined when there is no such object or version. */
  object(
    bucket: string,
    key: string,
    versionId: string,
  ): Promise<{ versionId: string; sha256: string | null } | undefined>;
}

export interface Web {
  get(url: string, timeoutMs: number): Promise<{ status: number; body: string; ms: number }>;
}

/** Structured log; keys of `about` never hold a token or a link. */
export interface Log {
  info(message: string, about?: Readonly<Record<string, unknown>>): void;
  warn(message: string, about?: Readonly<Record<string, unknown>>): void;
}

/** Where an environment's resources live, and as whom they are touched. */
export interface Place {
  readonly account: string;
  readonly region: string;
  readonly roleArn: string | null;
}

/** Counts a promotion that has come to this outcome, in Headgate's own metrics. */
export type CountOutcome = (outcome: Outcome) => void;

/** Everything a handler may reach. Made anew for each invocation. */
export interface Dependencies {
  readonly clock: Clock;
  readonly concurrency: Concurrency;
  readonly entropy: Entropy;
  readonly hash: Hash;
  readonly mac: Mac;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly mailer: Mailer;
  readonly executions: Executions;
  readonly restoreWorker: RestoreWorker;
  readonly settleWorker: SettleWorker;
  readonly web: Web;
  readonly target: (place: Place, plan: TargetPlan) => Target;
  readonly metrics: (place: Place) => Metrics;
  readonly alarms: (place: Place) => Alarms;
  readonly logs: (place: Place) => Logs;
  readonly artifacts: (place: Place) => Artifacts;
  /** Invokes a function of the target account, for checks. */
  readonly prober: (place: Place, functionName: string) => Prober;
  readonly countOutcome: CountOutcome;
  /** Milliseconds before this invocation is killed. */
  readonly remainingMs: () => number;
  readonly settings: Settings;
}

/** What the deployment tells its functions. */
export interface Settings {
  /** Base URL of the approval pages, without a trailing slash. */
  readonly baseUrl: string;
  /** ARN of the promotion machine's role or name, shown in records. */
  readonly deployment: string;
  /** Days of minutes that rules are tried on before a start; absent: as many as CloudWatch keeps. */
  readonly pastDays?: number;
}
