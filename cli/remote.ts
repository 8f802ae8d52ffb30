/** Commands that speak to a deployed Headgate: through its signed API, or with one's own credentials to its table. */
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbLedger } from "../functions/adapters/dynamodb-ledger.ts";
import type { Ledger } from "../functions/domain/ports.ts";
import { inPlainText } from "../functions/domain/text.ts";
import { buildDependencies, sha256, VARIABLES } from "../functions/runtime/dependencies.ts";
import { awsHost, type Host } from "../functions/runtime/host.ts";
import { openLog } from "../functions/runtime/log.ts";
import { printApprovalRecord } from "./approval-record.ts";
import { confirmSubscription } from "./confirm-subscription.ts";
import { decide, replace, resend } from "./decide.ts";
import { Deployment } from "./deployment.ts";
import { fromTable } from "./look.ts";
import { operate, type Verb } from "./operate.ts";
import { regionHere } from "./outputs.ts";
import { restore } from "./restore.ts";
import { sayOf } from "./revoke.ts";
import { rotateKeys } from "./rotate-keys.ts";
import type { Api } from "./signed-api.ts";
import { start, type Way } from "./start.ts";
import { listOpen, type StatusOptions, status, watch } from "./status.ts";
import { Missing, need, type Terminal } from "./terminal.ts";

type Command = (args: string[], terminal: Terminal) => Promise<number>;

/** The signed API of the deployment that is meant. */
export const apiOf = (terminal: Terminal): Api => new Deployment(terminal).api;

/** The ledger, with the caller's own credentials. */
export async function ledgerOf(terminal: Terminal): Promise<Ledger> {
  const table = await new Deployment(terminal).find("LedgerTable");
  const { clock, entropy } = awsHost(terminal.environment);
  const client = new DynamoDBClient({});
  return dynamoDbLedger({ client: () => client, table: () => table, clock, entropy });
}

async function ask(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${inPlainText(question)} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

const SEAT = {
  environment: { type: "string" },
  approval: { type: "string" },
  role: { type: "string" },
  version: { type: "string" },
  comment: { type: "string" },
  check: { type: "string", multiple: true },
  as: { type: "string" },
  address: { type: "string" },
  by: { type: "string" },
} as const;

function readSeat(args: string[], terminal: Terminal) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: SEAT });
  const seat = {
    promotionId: need(positionals[0], "name the PROMOTION"),
    environment: need(values.environment, "--environment E"),
    approval: need(values.approval, "--approval A, as the mail says"),
    role: need(values.role, "--role R"),
    post: apiOf(terminal).post,
    write: terminal.write,
  };
  return { seat, values };
}

const decision =
  (which: "approved" | "rejected"): Command =>
  async (args, terminal) => {
    const { seat, values } = readSeat(args, terminal);
    return decide({
      ...seat,
      decision: which,
      version: need(values.version, "--version V, the release's version, typed"),
      comment: values.comment ?? "",
      checked: values.check ?? [],
      as: values.as,
      confirm: terminal.interactive ? ask : null,
    });
  };

const people =
  (which: "revoke" | "reinstate"): Command =>
  async (args, terminal) => {
    const options = { reason: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    return sayOf({
      verb: which,
      address: need(positionals[0], "name the ADDRESS"),
      reason: need(values.reason, "--reason TEXT, for the record"),
      post: apiOf(terminal).post,
      write: terminal.write,
    });
  };

const verb =
  (which: Verb): Command =>
  async (args, terminal) => {
    const options = { reason: { type: "string" }, environment: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    return operate({
      verb: which,
      promotionId: need(positionals[0], "name the PROMOTION"),
      reason: need(values.reason, "--reason TEXT, for the record"),
      environment: which === "release-hold" ? need(values.environment, "--environment E") : values.environment,
      api: apiOf(terminal),
      clock: awsHost(terminal.environment).clock,
      write: terminal.write,
    });
  };

const LOOK = { zone: { type: "string" }, json: { type: "boolean" }, table: { type: "boolean" } } as const;

/** Through the API, or with `--table` past it. */
async function readLook(args: string[], terminal: Terminal) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: LOOK });
  const zone = zoneNamed(values.zone ?? "UTC");
  const get = values.table === true ? fromTable(await ledgerOf(terminal)) : apiOf(terminal).get;
  return { promotionId: positionals[0], get, zone, json: values.json === true, write: terminal.write };
}

async function readStatus(args: string[], terminal: Terminal): Promise<StatusOptions> {
  const { promotionId, ...look } = await readLook(args, terminal);
  return { promotionId: need(promotionId, "name the PROMOTION"), ...look };
}

function zoneNamed(zone: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new Missing(`--zone ${zone} is no IANA time zone, such as Africa/Johannesburg`);
  }
}

/** What the functions run on, on this machine. As oneself: no role of an environment is assumed. */
export function hostHere({ environment, write }: Omit<Terminal, "interactive">, asMyself: boolean): Host {
  // Bringing traffic back takes the role that may move it.
  const host = awsHost({ ...environment, [VARIABLES.access]: "write" });
  const clientConfig: Host["clientConfig"] = (place) =>
    host.clientConfig(place === null || !asMyself ? place : { ...place, roleArn: null });
  return { ...host, clientConfig, write: (line) => write(`${line}\n`) };
}

async function dependenciesOf(terminal: Terminal, asMyself: boolean) {
  const table = await new Deployment(terminal).find("LedgerTable");
  const region = (await regionHere()) ?? terminal.environment.AWS_REGION;
  const environment = { ...terminal.environment, AWS_REGION: region, [VARIABLES.table]: table };
  const host = hostHere({ ...terminal, environment }, asMyself);
  return buildDependencies(host, openLog(host, { command: "restore" }), () => Number.POSITIVE_INFINITY);
}

/** Through the API, where it is verified who starts; past it only where the machine alone is known. */
function wayOf(terminal: Terminal): Way {
  const deployment = new Deployment(terminal);
  const machineArn = deployment.said("PromotionMachineArn");
  if (machineArn === undefined || deployment.said("ApiUrl") !== undefined)
    return { by: "api", post: apiOf(terminal).post };
  return { by: "machine", machineArn };
}

/** By the word that is typed. */
export const REMOTE_COMMANDS: Readonly<Record<string, Command>> = {
  start: async (args, terminal) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { attempt: { type: "string" } },
    });
    const attempt = values.attempt ?? "1";
    return start({
      releaseFile: need(positionals[0], "name the release FILE"),
      way: wayOf(terminal),
      attempt: Number(need(/^[1-9]\d{0,2}$/.exec(attempt)?.[0], `--attempt N, a whole number, not ${attempt}`)),
      write: terminal.write,
    });
  },
  approve: decision("approved"),
  reject: decision("rejected"),
  resend: async (args, terminal) => {
    const { seat, values } = readSeat(args, terminal);
    return resend({ ...seat, address: need(values.address, "--address WHO") });
  },
  replace: async (args, terminal) => {
    const { seat, values } = readSeat(args, terminal);
    return replace({ ...seat, address: need(values.address, "--address WHO"), by: need(values.by, "--by WHOM") });
  },
  "rotate-keys": async (args, terminal) => {
    const { values } = parseArgs({ args, options: { reason: { type: "string" } } });
    const reason = need(values.reason, "--reason TEXT, for the record");
    return rotateKeys({ reason, post: apiOf(terminal).post, write: terminal.write });
  },
  revoke: people("revoke"),
  reinstate: people("reinstate"),
  hold: verb("hold"),
  resume: verb("resume"),
  "roll-back": verb("roll-back"),
  abort: verb("abort"),
  "skip-bake": verb("skip-bake"),
  "promote-now": verb("promote-now"),
  "release-hold": verb("release-hold"),
  status: async (args, terminal) => {
    const { promotionId, ...look } = await readLook(args, terminal);
    return promotionId === undefined ? listOpen(look) : status({ promotionId, ...look });
  },
  watch: async (args, terminal) =>
    watch({ ...(await readStatus(args, terminal)), clock: awsHost(terminal.environment).clock }),
  restore: async (args, terminal) => {
    const options = { reason: { type: "string" }, "as-myself": { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    return restore({
      promotionId: need(positionals[0], "name the PROMOTION"),
      reason: need(values.reason, "--reason TEXT, for the record"),
      deps: await dependenciesOf(terminal, values["as-myself"] === true),
      write: terminal.write,
    });
  },
  "confirm-subscription": async ([link], { write }) =>
    confirmSubscription({ link: need(link, "paste the LINK"), write }),
  "approval-record": async (args, terminal) =>
    printApprovalRecord({ ...(await readStatus(args, terminal)), hash: sha256 }),
};
