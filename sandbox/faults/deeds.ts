/** Does to a running world what a case says, when it says so. */
import { apiEvent } from "../host/gateway.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Deed, Happening } from "./cases.ts";
import type { Visit } from "./observe.ts";
import { openPromotions } from "./table-dump.ts";

/** What was done, and when (epoch ms). */
export interface Done {
  readonly at: number;
  readonly deed: Deed;
  /** What it came to: an HTTP status for an operator's verb, `done`, or the error's name. */
  readonly answer: string;
  /** The promotion's execution that it was done to; empty where it is about none. */
  readonly executionArn: string;
}

/** What is done to the world itself, perhaps before there is any promotion. */
const TO_THE_WORLD: ReadonlySet<Deed["do"]> = new Set([
  "alarm-events",
  "alarm",
  "move",
  "sweep",
  "retire",
  "rotate",
  "look",
  "revoke",
]);

/** Whom a moment speaks of: the execution that stands in the state, or the first promotion's. */
type Whom = string;

export class Deeds {
  readonly done: Done[] = [];
  readonly #sandbox: Sandbox;
  readonly #happenings: readonly Happening[];
  readonly #first: string;

  constructor(sandbox: Sandbox, happenings: readonly Happening[], first: string) {
    this.#sandbox = sandbox;
    this.#happenings = happenings;
    this.#first = first;
  }

  /** Puts on the clock what has its own time. */
  schedule(): void {
    for (const happening of this.#happenings) {
      if (happening.when.at === "time") this.#later(happening.when.ms, happening, this.#first);
    }
  }

  /** An execution entered a state. */
  entered({ machine, state, nth }: Visit, executionArn: string): void {
    for (const happening of this.#happenings) {
      const { when } = happening;
      if (when.at !== "state" || when.machine !== machine || when.state !== state || when.nth !== nth) continue;
      this.#later(when.ms, happening, executionArn);
    }
  }

  #later(ms: number, { deed, afterwards }: Happening, whom: Whom): void {
    this.#sandbox.clock.after(ms, deed.do, async () => {
      await this.#do(deed, whom);
      if (afterwards === undefined) return;
      const { ms: later, deed: next } = afterwards;
      this.#sandbox.clock.after(later, next.do, () => this.#do(next, whom));
    });
  }

  async #do(deed: Deed, whom: Whom): Promise<void> {
    const at = this.#sandbox.clock.now();
    this.#tell(at, deed);
    try {
      const executionArn = TO_THE_WORLD.has(deed.do) ? whom : promotionOf(this.#sandbox, whom);
      const answer = await perform(this.#sandbox, deed, { whom, executionArn });
      this.done.push({ at, deed, executionArn, answer });
    } catch (error) {
      this.done.push({ at, deed, executionArn: whom, answer: error instanceof Error ? error.name : String(error) });
    }
  }

  #tell(at: number, deed: Deed): void {
    this.#sandbox.timeline.add({ at, kind: "person", environment: "", what: "the case", text: JSON.stringify(deed) });
  }
}

/** The promotion's execution above an execution: nested ones say in their input who started them. */
export function promotionOf(sandbox: Sandbox, executionArn: string): string {
  const { input } = sandbox.executions.describeExecution({ executionArn });
  const parent: unknown = (JSON.parse(input) as Readonly<Record<string, unknown>>)
    .AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID;
  return typeof parent === "string" ? promotionOf(sandbox, parent) : executionArn;
}

type Place = { readonly whom: string; readonly executionArn: string };

async function perform(sandbox: Sandbox, deed: Deed, { whom, executionArn }: Place): Promise<string> {
  switch (deed.do) {
    case "stop":
      sandbox.executions.stopExecution({
        executionArn: deed.whom === "own" ? whom : executionArn,
        error: "stopped",
        cause: "by hand",
      });
      return "done";
    case "redrive":
      sandbox.executions.redriveExecution({ executionArn });
      return "done";
    case "alarm":
      turn(sandbox, deed.name, deed.to ?? "ALARM");
      return "done";
    case "alarm-events":
      sandbox.alarmEvents.fate = deed;
      return "done";
    case "sweep":
      await sandbox.host.deliver("sweeper", {});
      return "done";
    case "retire":
      await sandbox.host.deliver("retire-versions", {});
      return "done";
    case "move":
      moveByHand(sandbox, deed);
      return "done";
    case "rotate":
      return untilHeard(sandbox, () => sandbox.api.rotate("the case says so", operatorOf(sandbox)));
    case "look":
      return untilHeard(sandbox, () => sandbox.api.look("/promotions", operatorOf(sandbox)));
    case "revoke":
      return untilHeard(sandbox, () =>
        sandbox.api.sayOf("revoke", deed.address, "the case says so", operatorOf(sandbox)),
      );
    case "operate":
      return untilHeard(sandbox, () => say(sandbox, executionArn, deed.verb));
  }
}

/** An alarm of that name turns wherever there is one. */
function turn(sandbox: Sandbox, name: string, to: "ALARM" | "OK"): void {
  const { alarms } = sandbox.cloudWatch;
  const holders = [...sandbox.lambda.functions(), ...sandbox.stepFunctions.machines()];
  for (const account of new Set(holders.map((holder) => holder.account))) {
    const alarm = alarms.find(account, sandbox.place.region, name);
    if (alarm !== undefined) alarms.set(alarm, to, "the case says so");
  }
}

/** The last function's only alias, or the last machine's: the environment that customers use comes last. */
function moveByHand(sandbox: Sandbox, { version, weights = {} }: Extract<Deed, { do: "move" }>): void {
  const machine = sandbox.stepFunctions.machines().at(-1);
  if (machine !== undefined) {
    const { name, account, region, aliases } = machine;
    const [alias = ""] = aliases.keys();
    const others = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    sandbox.stepFunctions.moveByHand(
      { machine: name, account, region, alias },
      { [version]: 100 - others, ...weights },
    );
    return;
  }
  const fn = sandbox.lambda.functions().at(-1);
  const [alias] = fn?.aliases.keys() ?? [];
  if (fn === undefined || alias === undefined) throw new Error("the world has no alias");
  const { name: functionName, account, region } = fn;
  sandbox.lambda.moveByHand({ functionName, account, region, alias }, { version, weights });
}

/** Whoever says a verb and hears of trouble says it again (ms), and not for ever. */
const SAYS_AGAIN_MS = 60_000;
const MOST_TRIES = 60;

/** The status of the first answer that is not trouble. */
async function untilHeard(sandbox: Sandbox, send: () => Promise<{ readonly statusCode: number }>): Promise<string> {
  for (let tries = 1; ; tries++) {
    const { statusCode } = await send();
    if (statusCode < 500 || tries === MOST_TRIES) return String(statusCode);
    await sandbox.clock.sleep(SAYS_AGAIN_MS);
  }
}

const operatorOf = ({ place }: Sandbox) => `arn:aws:sts::${place.account}:assumed-role/operator/olga`;

/** The verb through the API, as the command line sends it. */
function say(sandbox: Sandbox, executionArn: string, verb: string): Promise<{ readonly statusCode: number }> {
  const open = openPromotions(sandbox).find((promotion) => promotion.executionArn === executionArn);
  const promotionId = open?.promotionId ?? "none";
  const event = apiEvent({
    method: "POST",
    path: `/promotions/${promotionId}/signals`,
    pathParameters: { promotionId },
    contentType: "application/json",
    body: JSON.stringify({ verb, reason: "the case says so" }),
    caller: operatorOf(sandbox),
  });
  return sandbox.api.request("operate", event);
}
