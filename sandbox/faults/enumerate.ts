/**
 * Every case of a plan, worked out from what its run without faults does. What repeats tick after tick is taken first,
 * middle and last; reads, which have no effect to lose, are not lost after their effect.
 */
import type { FaultAction } from "../aws/faults.ts";
import { Random } from "../chance/random.ts";
import { deployedFunctions } from "../host/deployment.ts";
import { cleanCase, type Deed, type FaultCase, type Happening } from "./cases.ts";
import { type CallSite, callSites, firstMiddleLast, grouped, type Visit } from "./observe.ts";
import type { Trial } from "./trial.ts";

/** All cases of the plan whose clean run this is. */
export function enumerateCases(clean: Trial): FaultCase[] {
  return [
    ...callCases(clean),
    ...handlerCases(clean),
    ...startCases(clean),
    ...deedCases(clean),
    ...minuteCases(clean),
    ...goneCases(clean),
  ];
}

/** `place` is where in the code, `repetition` which time it comes by there. */
function emptyCase({ plan }: Trial, fault: string, place: string, repetition: string | number): FaultCase {
  const id = `${plan.name}/${fault}/${place}.${repetition}`.replaceAll(" ", "-");
  return { ...cleanCase(plan.name), id, fault, kind: `${fault} ${place}` };
}

// --- calls -----------------------------------------------------------------------------------------------------------

const READS = /^(Get|BatchGet|Describe|List|Head|Query)/;

/** Longer than its Lambda lives: what arrives then was sent by nobody who still waits. */
const LATE_BY_MS = 30_000;

/** Where in the code: the handler, the operation, and which such call of an invocation it is. */
const placeOf = ({ handler, service, operation, ordinal }: CallSite) => `${handler} ${service}:${operation} ${ordinal}`;

function callCases(clean: Trial): FaultCase[] {
  // What an onlooker does when all is over is no part of the promotion.
  const during = clean.calls.filter(({ at }) => at <= (clean.settledAt ?? at));
  // One call suffers one thing: what the plan itself strikes is left to it.
  const struck = new Set(clean.sandbox.aws.faults.fired.map(({ call }) => call.number));
  const free = callSites(during).filter(({ number }) => !struck.has(number));
  const sites = grouped(free, placeOf).flatMap(firstMiddleLast);
  return sites.flatMap((site) =>
    callFaults(site).map(([fault, action]) => {
      const { handler, service, operation, nth } = site;
      return {
        ...emptyCase(clean, `call ${fault}`, `${handler}.${service}:${operation}.${site.ordinal}`, nth),
        calls: [{ handler, service, operation, nth, action }],
      };
    }),
  );
}

function callFaults({ handler, operation }: CallSite): [string, FaultAction][] {
  const lifeMs = (deployedFunctions().get(handler)?.timeoutSeconds ?? 0) * 1_000;
  const always: [string, FaultAction][] = [
    ["throttled", { kind: "throttle" }],
    ["refused", { kind: "refuse" }],
    ["lost", { kind: "timeout-before" }],
  ];
  if (READS.test(operation)) return always;
  return [
    ...always,
    ["answer lost", { kind: "timeout-after" }],
    ["arrives late", { kind: "delay", ms: lifeMs + LATE_BY_MS }],
  ];
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

// --- handlers --------------------------------------------------------------------------------------------------------

function handlerCases(clean: Trial): FaultCase[] {
  return [...clean.invocations].flatMap(([handler, count]) => {
    const lifeMs = (deployedFunctions().get(handler)?.timeoutSeconds ?? 0) * 1_000;
    const ways = [
      ["dies before", "crash-before"],
      ["dies after", "crash-after"],
      ["runs twice", "duplicate"],
      ["wakes up late", { delay: lifeMs + LATE_BY_MS }],
    ] as const;
    return firstMiddleLast(upTo(count)).flatMap((nth) =>
      ways.map(([fault, action]) => ({
        ...emptyCase(clean, `handler ${fault}`, handler, nth),
        handlers: [{ handler, nth, action }],
      })),
    );
  });
}

// --- nested executions ------------------------------------------------------------------------------------------------

const WORDS = { lost: "start lost", "answer lost": "unheard" } as const;

function startCases(clean: Trial): FaultCase[] {
  return [...clean.starts].flatMap(([machine, count]) =>
    [...firstMiddleLast(upTo(count)), "always" as const].flatMap((nth) =>
      (["lost", "answer lost"] as const).map((action) => ({
        ...emptyCase(clean, `child ${WORDS[action]}${nth === "always" ? ", always" : ""}`, machine, nth),
        starts: [{ machine, nth, action }],
      })),
    ),
  );
}

// --- deeds -----------------------------------------------------------------------------------------------------------

const REDRIVEN_AFTER_MS = 7 * 60_000;

/** Later than a bake of the small plans lasts: what it tells of may be over by then. */
const EVENT_LATE_MS = 4 * 60_000;

const VERBS = ["hold", "resume", "roll-back", "abort", "skip-bake", "promote-now"] as const;

/** A hold ends: nobody holds a promotion for ever. */
const RESUMED_AFTER_MS = 10 * 60_000;

function deedsAt(visit: Visit): [string, Omit<Happening, "when">][] {
  const stop: Deed = { do: "stop", whom: "promotion" };
  const nested = visit.machine !== "promotion";
  const red: Deed = { do: "alarm", name: "guard" };
  const late: Deed = { do: "alarm-events", are: "late", ms: EVENT_LATE_MS };
  const again: Deed = { do: "alarm-events", are: "repeated", ms: EVENT_LATE_MS };
  return [
    ["stopped by hand", { deed: stop }],
    ...(nested ? [[DEAF, { deed: stop }] as [string, { deed: Deed }]] : []),
    ["stopped and redriven", { deed: stop, afterwards: { ms: REDRIVEN_AFTER_MS, deed: { do: "redrive" } } }],
    ...(nested ? [["child stopped by hand", { deed: { do: "stop", whom: "own" } }] as [string, { deed: Deed }]] : []),
    ["alarm", { deed: red }],
    ["alarm, event lost", { deed: { do: "alarm-events", are: "lost" }, afterwards: { ms: 0, deed: red } }],
    ["alarm, event late", { deed: late, afterwards: { ms: 0, deed: red } }],
    ["alarm, event repeated", { deed: again, afterwards: { ms: 0, deed: red } }],
    ["sweeper", { deed: { do: "sweep" } }],
    ["moved by hand", { deed: { do: "move", version: OLDER_VERSION } }],
    ...VERBS.map((verb): [string, Omit<Happening, "when">] => {
      const deed: Deed = { do: "operate", verb };
      if (verb !== "hold") return [`operator ${verb}`, { deed }];
      return [
        `operator ${verb}`,
        { deed, afterwards: { ms: RESUMED_AFTER_MS, deed: { do: "operate", verb: "resume" } } },
      ];
    }),
  ];
}

const DEAF = "stopped, children run on";

/** A version that every function of the simulated world has and no release speaks of. */
const OLDER_VERSION = "6";

function deedCases(clean: Trial): FaultCase[] {
  const stays = grouped(clean.visits, ({ machine, state }) => `${machine} ${state}`).flatMap(firstMiddleLast);
  return stays.flatMap((visit) =>
    deedsAt(visit).map(([fault, happening]) => {
      const what = emptyCase(clean, fault, `${visit.machine}.${visit.state}`, visit.nth);
      const { machine, state, nth } = visit;
      // Somewhere in the stay, the same for everybody who asks.
      const ms = Math.floor(visit.ms * Random.of(clean.plan.scenario.seed, "moment", what.id).uniform());
      const happenings = [{ when: { at: "state", machine, state, nth, ms } as const, ...happening }];
      return fault === DEAF ? { ...what, happenings, deafChildren: true as const } : { ...what, happenings };
    }),
  );
}

const MINUTE_MS = 60_000;

/** Beside its own rounds the sweeper comes once at any minute, half-way between two of them. */
function minuteCases(clean: Trial): FaultCase[] {
  const lastsMs = (clean.settledAt ?? 0) - clean.plan.scenario.startsAt;
  return Array.from({ length: Math.ceil(lastsMs / MINUTE_MS) }, (_, minute) => ({
    ...emptyCase(clean, "sweeper", "minute", minute),
    happenings: [{ when: { at: "time", ms: (minute + 0.5) * MINUTE_MS }, deed: { do: "sweep" } }],
  }));
}

// --- the API is gone -------------------------------------------------------------------------------------------------

/** Long enough that every retry is used up, and that somebody has to be paged. */
const GONE_FOR_MS = 60 * MINUTE_MS;
const TABLE_GONE_FOR_MS = 30 * MINUTE_MS;

/** What is gone, how, and for how long. */
const GONE: readonly (readonly [string, { service: string; operation?: string }, FaultAction, number])[] = [
  ["Lambda API throttled", { service: "lambda" }, { kind: "throttle" }, GONE_FOR_MS],
  ["Lambda API refused", { service: "lambda" }, { kind: "refuse" }, GONE_FOR_MS],
  ["UpdateAlias throttled", { service: "lambda", operation: "UpdateAlias" }, { kind: "throttle" }, GONE_FOR_MS],
  ["UpdateAlias refused", { service: "lambda", operation: "UpdateAlias" }, { kind: "refuse" }, GONE_FOR_MS],
  ["DynamoDB silent", { service: "dynamodb" }, { kind: "timeout-before" }, TABLE_GONE_FOR_MS],
  ["DynamoDB throttled", { service: "dynamodb" }, { kind: "throttle" }, TABLE_GONE_FOR_MS],
  ["CloudWatch silent", { service: "monitoring" }, { kind: "timeout-before" }, GONE_FOR_MS],
  ["SNS refused", { service: "sns" }, { kind: "refuse" }, GONE_FOR_MS],
];

/** From the first entrance of each state on, as long as anybody still calls what is gone. */
function goneCases(clean: Trial): FaultCase[] {
  const firsts = clean.visits.filter(({ nth }) => nth === 1);
  return firsts.flatMap((visit) =>
    GONE.filter(([, what]) => isCalledLater(clean, what, visit.at)).map(([fault, what, action, ms]) => {
      const from = visit.at - clean.plan.scenario.startsAt;
      return {
        ...emptyCase(clean, `gone: ${fault}`, `${visit.machine}.${visit.state}`, visit.nth),
        calls: [{ ...what, action, nth: "always" as const, from, to: from + ms }],
      };
    }),
  );
}

function isCalledLater({ calls, settledAt }: Trial, what: (typeof GONE)[number][1], since: number): boolean {
  return calls.some(
    ({ at, service, operation }) =>
      at >= since && at < (settledAt ?? at) && service === what.service && (what.operation ?? operation) === operation,
  );
}

// --- all plans together ----------------------------------------------------------------------------------------------

/**
 * The cases of one plan after others: the first of each kind that was not there yet, and one in so many of the rest, always
 * the same. `known` holds the kinds so far, and those of this plan afterwards.
 */
export function thinned(cases: readonly FaultCase[], known: Set<string>, againOneIn: number): FaultCase[] {
  let again = 0;
  return cases.filter(({ kind }) => {
    if (known.has(kind)) return again++ % againOneIn === 0;
    known.add(kind);
    return true;
  });
}
