/**
 * The table of functions: one row per file in `functions/`. Everything that a function is given at deployment follows
 * from its row: memory, time, trigger, and each permission. A row asks for what its handler uses and for nothing else;
 * `test/infra/functions.test.ts` holds the rows against the machines and the source tree.
 */
import { everyGate } from "../functions/domain/gates/kinds/table.ts";
import { VARIABLES } from "../functions/runtime/dependencies.ts";
import { type AccountUse, accessOf } from "./access.ts";

/**
 * The ledger's partitions by family. Roles are given families, by `dynamodb:LeadingKeys`: no function writes the policy,
 * one writes plans, and one ends all links by raising their epoch.
 */
export const PARTITIONS = {
  policy: ["POLICY"],
  revoked: ["REVOKED"],
  promotion: ["PROMOTION#*"],
  plans: ["PLAN#*"],
  approvals: ["APPROVALS#*"],
  audit: ["AUDIT#*"],
  sent: ["SENT#*"],
  open: ["OPEN"],
  locks: ["LOCK#*"],
  alarms: ["ALARM#*"],
  registry: ["DEPLOYMENT#*"],
  links: ["LINK#*"],
  starts: ["START#*"],
  kept: ["KEPT"],
  linkEpoch: ["LINK-EPOCH"],
} as const;
export type Partition = keyof typeof PARTITIONS;

/** What runs a function: a machine's task, API Gateway, an alarm's event, an execution's event, or a schedule. */
export type Trigger = "task" | "request" | "alarm" | "execution" | "minute" | "hour";

export interface FunctionRow {
  /** The file in `functions/`, without its ending. */
  readonly name: string;
  readonly trigger: Trigger;
  /** A task's time has to end before its state's `TimeoutSeconds`, so that no invocation outlives its state. */
  readonly timeoutSeconds: number;
  /** CPU comes with memory: 1,769 MB are one vCPU. */
  readonly memoryMb: number;
  readonly reads: readonly Partition[];
  readonly writes: readonly Partition[];
  /** Where it removes something. Writing is no permission to delete. */
  readonly deletes: readonly Partition[];
  /** Publishes to the notices topic. */
  readonly mails: boolean;
  /** Puts links to the approval page into its answers or mails, so it is told the page's address. */
  readonly links: boolean;
  /** Wakes waiting tokens. */
  readonly wakes: boolean;
  /** Reads the status of promotions' executions. */
  readonly looksAtExecutions: boolean;
  /** Starts executions of the promotion machine. */
  readonly startsPromotions: boolean;
  /** Has traffic restored by an invocation of its own. */
  readonly startsRestores: boolean;
  /** Has approvals settled by an invocation of its own. */
  readonly startsSettling: boolean;
  /** What it does where the environments' resources live. */
  readonly accounts: readonly AccountUse[];
}

/** Seconds; the states allow 130, 310 and 910. */
const SHORT = 120;
const MEDIUM = 300;
const LONG = 900;

/** Seconds; API Gateway gives up after 29. */
const REQUEST = 28;

type Details = Partial<Omit<FunctionRow, "name" | "trigger">>;

/** Most handlers read a promotion and its plan, write into it and into its trail; a row says what is different. */
function row(name: string, trigger: Trigger, { reads = [], writes = [], ...details }: Details = {}): FunctionRow {
  return silentRow(name, trigger, { ...details, reads: ["audit", ...reads], writes: ["audit", ...writes] });
}

/** A row for a handler of a promotion that has nothing to say to the trail. Whoever mails marks what went out. */
function silentRow(name: string, trigger: Trigger, { reads = [], writes = [], ...details }: Details = {}): FunctionRow {
  const marks = details.mails === true ? (["sent"] as const) : [];
  return rowApart(name, trigger, {
    ...details,
    reads: ["promotion", "plans", ...marks, ...reads],
    writes: ["promotion", ...marks, ...writes],
  });
}

/** A row for a handler that knows no promotion yet, or must not write into one. */
function rowApart(name: string, trigger: Trigger, details: Details): FunctionRow {
  return {
    name,
    trigger,
    timeoutSeconds: trigger === "request" ? REQUEST : SHORT,
    memoryMb: 512,
    reads: [],
    writes: [],
    deletes: [],
    mails: false,
    links: false,
    wakes: false,
    looksAtExecutions: false,
    startsPromotions: false,
    startsRestores: false,
    startsSettling: false,
    accounts: [],
    ...details,
  };
}

/** Who may decide now is read wherever it is asked what the answers amount to. */
const IN_FORCE = ["policy", "revoked"] as const;

/** Asking and reminding make links, of the epoch in force: it, the page's address and mail come together. */
const ASKING = {
  reads: ["approvals", "linkEpoch", ...IN_FORCE],
  writes: ["approvals", "links"],
  mails: true,
  links: true,
} as const satisfies Details;

/** A move checks its lock in the same transaction, and tells people when somebody else moved the target. */
const MOVING = {
  reads: ["locks"],
  accounts: ["read-traffic", "move-traffic"],
  mails: true,
  timeoutSeconds: LONG,
  memoryMb: 1024,
} as const satisfies Details;

/** Bringing traffic back withdraws what people are still asked. */
const BRINGING_BACK = {
  ...MOVING,
  reads: [...MOVING.reads, "approvals"],
  writes: ["approvals"],
} as const satisfies Details;

/** Leaving an environment forgets its alarms; a promotion that is closed and told is no longer listed. */
const CLOSING = ["alarms", "open"] as const satisfies Details["deletes"];

/** Looking after a promotion restores and closes it, code too, and wakes who waits: all that its machine would have done. */
const LOOKING_AFTER = {
  ...BRINGING_BACK,
  reads: [...BRINGING_BACK.reads, "linkEpoch", "open", "registry", ...IN_FORCE],
  accounts: [...BRINGING_BACK.accounts, "publish-code", "settle-in-flight"],
  writes: [...BRINGING_BACK.writes, "locks", "registry"],
  deletes: CLOSING,
  wakes: true,
  looksAtExecutions: true,
} as const satisfies Details;

/** A promotion as a whole, to be looked at. */
const READING = ["promotion", "plans", "audit"] as const satisfies Details["reads"];

/** What is found out about a promotion stands in its trail alone. */
const NOTING = { reads: READING, writes: ["audit"] } as const satisfies Details;

/** What the gates need between them, as each kind says of itself. */
const GATES_NEED = {
  reads: distinct(everyGate().flatMap(([, { needs }]) => needs.reads ?? [])),
  accounts: distinct(everyGate().flatMap(([, { needs }]) => needs.accounts ?? [])),
} as const satisfies Details;

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

export const FUNCTIONS: readonly FunctionRow[] = [
  // The one that writes plans, each once, fitted to the traffic that it reads. It needs none that is written.
  rowApart("open-promotion", "task", {
    reads: ["promotion", "audit", "sent", "policy", "starts"],
    writes: ["promotion", "plans", "audit", "sent", "open"],
    mails: true,
    accounts: ["read-artifacts", "watch"],
  }),
  row("enter-environment", "task", { reads: ["locks", "registry"], writes: ["locks"], wakes: true }),
  // It looks at what serves, too: a release that would change nothing is not asked about.
  row("check-gates", "task", {
    ...GATES_NEED,
    accounts: distinct(["read-traffic", ...GATES_NEED.accounts]),
    timeoutSeconds: MEDIUM,
  }),
  // Asked anew, the answers of an earlier round make room.
  row("ask-approval", "task", { ...ASKING, deletes: ["approvals"] }),
  // It also does what follows from a decision for those who may do no more than decide.
  row("settle-approval", "task", { ...ASKING, wakes: true }),
  rowApart("pause", "task", { reads: ["promotion", "approvals", ...IN_FORCE], writes: ["promotion"], wakes: true }),
  silentRow("check-window", "task", { reads: ["approvals", ...IN_FORCE] }),
  silentRow("capture-baseline", "task", {
    reads: ["approvals", "locks"],
    writes: ["alarms"],
    accounts: ["read-traffic", "watch"],
    timeoutSeconds: MEDIUM,
  }),
  row("deploy-candidate", "task", { reads: ["approvals", "locks"], accounts: ["read-traffic", "publish-code"] }),
  row("probe-candidate", "task", { accounts: ["invoke"], timeoutSeconds: MEDIUM }),
  // A hold asks people for a decision.
  row("plan-move", "task", { reads: ["approvals", ...IN_FORCE], mails: true }),
  row("shift-traffic", "task", MOVING),
  row("start-drive", "task", MOVING),
  row("follow-drive", "task", MOVING),
  row("finish-rollout", "task", MOVING),
  silentRow("begin-bake", "task"),
  row("judge", "task", { ...ASKING, accounts: ["read-traffic", "watch", "invoke"], memoryMb: 1024 }),
  row("record-environment", "task", {
    reads: ["locks", "open", "registry"],
    writes: ["locks", "registry", "kept"],
    deletes: ["alarms"],
    accounts: ["read-traffic"],
    mails: true,
    wakes: true,
  }),
  row("restore-traffic", "task", BRINGING_BACK),
  // Code that is put back may pass through its memory: 50 MB of zip, and once more in base64.
  row("restore-code", "task", {
    reads: ["locks", "registry"],
    accounts: ["publish-code", "settle-in-flight"],
    timeoutSeconds: MEDIUM,
    memoryMb: 1024,
  }),
  rowApart("verify-recovery", "task", { ...NOTING, accounts: ["watch"] }),
  rowApart("preserve-evidence", "task", NOTING),
  row("page-people", "task", { mails: true }),
  row("close-promotion", "task", {
    reads: ["approvals", "locks", "open"],
    writes: ["approvals", "locks", "registry"],
    deletes: CLOSING,
    mails: true,
    wakes: true,
    timeoutSeconds: MEDIUM,
  }),
  rowApart("approval-page", "request", {
    reads: ["promotion", "plans", "approvals", "links", "linkEpoch", ...IN_FORCE],
    writes: ["approvals"],
    links: true,
    looksAtExecutions: true,
    startsSettling: true,
    memoryMb: 1024,
  }),
  // The policy in force says who of its callers is believed to be whom, and to whom it gives seats; those it mails.
  rowApart("decide", "request", {
    ...ASKING,
    reads: [...READING, ...ASKING.reads, "sent"],
    writes: [...ASKING.writes, "audit", "sent"],
    looksAtExecutions: true,
    startsSettling: true,
  }),
  rowApart("revoke", "request", {
    reads: ["revoked", "open", "approvals", "policy"],
    writes: ["revoked"],
    startsSettling: true,
  }),
  rowApart("start-promotion", "request", {
    reads: ["policy", "starts"],
    writes: ["starts"],
    looksAtExecutions: true,
    startsPromotions: true,
    memoryMb: 1024,
  }),
  rowApart("show-promotion", "request", { reads: [...READING, "approvals", "open"] }),
  // It has traffic restored, and does so itself only where it cannot: the gateway's time is short.
  row("operate", "request", {
    ...BRINGING_BACK,
    reads: [...BRINGING_BACK.reads, "policy", "registry"],
    timeoutSeconds: REQUEST,
    deletes: ["registry"],
    wakes: true,
    startsRestores: true,
  }),
  // It ends links and knows no promotion: whoever settles one sees that its links are of an earlier epoch.
  rowApart("rotate-links", "request", { reads: ["linkEpoch", "policy"], writes: ["linkEpoch"] }),
  row("alarm-listener", "alarm", { ...BRINGING_BACK, reads: [...BRINGING_BACK.reads, "alarms"], wakes: true }),
  row("status-listener", "execution", LOOKING_AFTER),
  row("sweeper", "minute", LOOKING_AFTER),
  rowApart("retire-versions", "hour", {
    reads: [...READING, "open", "kept"],
    writes: ["audit"],
    deletes: ["kept"],
    accounts: ["retire-versions"],
    timeoutSeconds: LONG,
  }),
];

/** How mail goes to people: by a topic of SNS, or by SES from a sender of the team's own. */
export type MailSettings =
  | { readonly by: "sns"; readonly topicArn: string }
  | {
      readonly by: "ses";
      readonly from: string;
      /** Where another account has the sender's identity. */
      readonly identityArn: string | null;
      readonly configurationSet: string | null;
    };

/** What functions are told of their deployment. */
export interface Settings {
  readonly tableName: string;
  readonly mail: MailSettings;
  readonly baseUrl: string;
  readonly externalId: string;
  readonly promotionMachineArn: string;
  readonly restoreFunction: string;
  readonly settleFunction: string;
}

/** Name of a function, as the deployment gives it. */
export const functionNameOf = (deployment: string, name: string) => `${deployment}-${name}`;

/** The function that brings traffic back. */
export const RESTORE = "restore-traffic";

/** The function that settles approvals, for its machine and for those who decide. */
export const SETTLE = "settle-approval";

/** The environment variables of a function: those of the resources that it uses. The sandbox gives it the same. */
export function variablesOf(row: FunctionRow, settings: Settings): Record<string, string> {
  return {
    [VARIABLES.table]: settings.tableName,
    ...(row.mails ? mailVariables(settings.mail) : {}),
    ...(row.links ? { [VARIABLES.baseUrl]: settings.baseUrl } : {}),
    ...(row.accounts.length > 0
      ? { [VARIABLES.externalId]: settings.externalId, [VARIABLES.access]: accessOf(row.accounts) }
      : {}),
    ...(row.startsRestores ? { [VARIABLES.restoreFunction]: settings.restoreFunction } : {}),
    ...(row.startsSettling ? { [VARIABLES.settleFunction]: settings.settleFunction } : {}),
    [VARIABLES.promotionMachineArn]: settings.promotionMachineArn,
  };
}

function mailVariables(mail: MailSettings): Record<string, string> {
  if (mail.by === "sns") return { [VARIABLES.topicArn]: mail.topicArn };
  const { from, identityArn, configurationSet } = mail;
  return {
    [VARIABLES.mailFrom]: from,
    ...(identityArn === null ? {} : { [VARIABLES.mailIdentity]: identityArn }),
    ...(configurationSet === null ? {} : { [VARIABLES.mailConfigurationSet]: configurationSet }),
  };
}

/** How the machines name a function: `open-promotion` is `${OpenPromotion}`. */
export function placeholderOf(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_match, _dash, letter: string) => letter.toUpperCase());
}
