/** What must hold at the end of every case, whatever went wrong in it. Each says what it found, in words. */

import { type AuditRecord, brokenAt } from "../../functions/domain/ledger/audit.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import type { Item } from "../../functions/domain/ports.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { hasDeed, verbsOf } from "./cases.ts";
import type { Done } from "./deeds.ts";
import type { AliasFacts, Facts, PromotionFacts } from "./facts.ts";
import { grouped } from "./observe.ts";
import { isBakedLongEnough } from "./proof.ts";
import { peopleSaidYes } from "./rules/approvals.ts";
import { checksCameFirst, wasWatched } from "./rules/checks.ts";
import { everyReplacementWasMeant, everyWriteWasMeant } from "./rules/journalled.ts";
import { endsAsItSays } from "./rules/outcomes.ts";
import { whatServesIsReady } from "./rules/readiness.ts";
import { registrySaysWhatServes } from "./rules/registry.ts";
import { latestIsWhatServes, whatIsKeptIsThere } from "./rules/versions.ts";
import { windowIsKept } from "./rules/window.ts";
import { leftTooLong, saidTooEarly } from "./said.ts";
import { itemsOf, openPromotions } from "./table-dump.ts";
import { timeToSafe } from "./time-to-safe.ts";
import { runningExecutions } from "./trial.ts";

type Invariant = (facts: Facts) => string[];

/** The rules by name; a violated one is reported as `name: what was found`. */
const INVARIANTS: Readonly<Record<string, Invariant>> = {
  "the case takes place": theCaseTakesPlace,
  "comes to rest": comesToRest,
  "traffic is whole": trafficIsWhole,
  "only known versions serve": onlyKnownVersionsServe,
  "what serves is there": whatServesIsThere,
  "every bake was baked": everyBakeWasBaked,
  "the record is true": theRecordIsTrue,
  "the trail is whole": theTrailIsWhole,
  "nothing is said too early": saidTooEarly,
  "nothing is left open": nothingIsLeftOpen,
  "nothing is left for long": leftTooLong,
  "people are told": peopleAreTold,
  "traffic is back in time": isBackInTime,
  "long danger is paged": longDangerIsPaged,
  "pages come once": pagesComeOnce,
  "nothing moves afterwards": nothingMovesAfterwards,
  "hands off": handsOff,
  "links are dead": linksAreDead,
  "nobody is asked afterwards": nobodyIsAskedAfterwards,
  "a bad candidate is never promoted": badIsNeverPromoted,
  "the change window is kept": windowIsKept,
  "people have said yes": peopleSaidYes,
  "checks come first": checksCameFirst,
  "it was watched": wasWatched,
  "the registry says what serves": registrySaysWhatServes,
  "it ends as it says": endsAsItSays,
  "every write was meant": (facts) => [...everyWriteWasMeant(facts), ...everyReplacementWasMeant(facts)],
  "what is kept is there": whatIsKeptIsThere,
  "rejected code is not left": latestIsWhatServes,
  "what serves is ready": whatServesIsReady,
};

/** Everything that is wrong. */
export function violations(facts: Facts): string[] {
  return Object.entries(INVARIANTS).flatMap(([name, rule]) => rule(facts).map((found) => `${name}: ${found}`));
}

/** The same world up to there as without a fault: what was seen in that run has to be struck in this one. */
function theCaseTakesPlace({ case: what, struck }: Facts): string[] {
  return what.kind === "none" || struck.length > 0 ? [] : ["nothing was struck"];
}

function comesToRest({ settledAt, sandbox }: Facts): string[] {
  if (settledAt !== null) return [];
  const running = runningExecutions(sandbox).map((arn) => arn.split(":").at(-1));
  const open = openPromotions(sandbox).map(({ promotionId }) => promotionId);
  return [`still running: ${running.join(", ") || "nothing"}; still open: ${open.join(", ") || "nothing"}`];
}

/** But for a split that a person has left. */
function trafficIsWhole({ aliases }: Facts): string[] {
  return aliases
    .filter(({ split, changes }) => split && changes.at(-1)?.by !== "hand")
    .map(({ functionName, changes }) => `${functionName} is split: ${inWords(changes.at(-1)?.weights)}`);
}

const inWords = (weights: Readonly<Record<string, number>> | undefined) =>
  Object.entries(weights ?? {})
    .map(([version, share]) => `${Math.round(share * 100)} % on ${version}`)
    .join(", ");

function onlyKnownVersionsServe({ aliases }: Facts): string[] {
  return aliases.flatMap(({ functionName, baseline, candidates, changes }) => {
    const byHand = changes.filter(({ by }) => by === "hand").flatMap(({ weights }) => Object.keys(weights));
    const known = new Set([baseline, ...candidates, ...byHand]);
    const strange = changes.flatMap(({ weights }) => Object.keys(weights)).filter((version) => !known.has(version));
    return strange.map((version) => `${functionName} served version ${version}, which nobody released`);
  });
}

/** Deleted is only what Headgate itself has published, and what nobody is served by. */
function whatServesIsThere({ aliases }: Facts): string[] {
  return aliases.flatMap(({ functionName, version, baseline, versions }) =>
    [version, baseline].filter((one) => !versions.includes(one)).map((one) => `${functionName} has no version ${one}`),
  );
}

function everyBakeWasBaked(facts: Facts): string[] {
  const verbs = verbsOf(facts.case);
  if (verbs.includes("skip-bake") || verbs.includes("promote-now")) return [];
  return facts.aliases.flatMap((alias) => isBakedLongEnough(alias, facts.plan));
}

/** Every alias is where the newest word about it has put it: a promotion's, by the record, or a person's before. */
function theRecordIsTrue({ aliases, facts }: Facts): string[] {
  const untrue = aliases.flatMap((alias) => {
    const expected = expectedVersion(alias, facts);
    if (alias.pin !== null || alias.version === expected) return [];
    return [`${alias.functionName} is on version ${alias.version}; by the record it is on ${expected}`];
  });
  return [...untrue, ...facts.flatMap(outcomeFits)];
}

function expectedVersion(alias: AliasFacts, facts: readonly PromotionFacts[]): string {
  const byHand = alias.changes.flatMap(({ by, at, weights }) => {
    const [most] = Object.entries(weights).toSorted(([, one], [, other]) => other - one);
    return by === "hand" && most !== undefined ? [{ at, version: most[0] }] : [];
  });
  const promoted = facts.flatMap(({ heads, header }, index) => {
    const isPromoted = heads.some(
      ({ environment, outcome }) => environment === alias.environment && outcome === "promoted",
    );
    const version = alias.candidates[index] ?? "a candidate that was never published";
    return isPromoted ? [{ at: header?.closedAt ?? Number.POSITIVE_INFINITY, version }] : [];
  });
  const words = [...byHand, ...promoted].toSorted((one, other) => one.at - other.at);
  return words.at(-1)?.version ?? alias.baseline;
}

function outcomeFits({ header, heads, status, error }: PromotionFacts): string[] {
  if (header === null) return heads.length === 0 ? [] : ["there are journals without a header"];
  const all =
    header.environments.length > 0 &&
    header.environments.every((name) => heads.some((head) => head.environment === name && head.outcome === "promoted"));
  const found: string[] = [];
  if ((header.outcome === "promoted") !== all)
    found.push(
      `the outcome is ${header.outcome}, and the journals say ${heads.map((head) => `${head.environment} ${head.outcome}`).join(", ")}`,
    );
  if (status === "SUCCEEDED" && header.outcome !== "promoted")
    found.push(`the execution succeeded with ${header.outcome}`);
  if (status === "FAILED" && error === "promoted") found.push("the execution failed as promoted");
  return found;
}

/** The chain of hashes holds, and has the outcome in it. */
function theTrailIsWhole({ sandbox, facts }: Facts): string[] {
  return facts.flatMap(({ header }) => {
    if (header === null) return [];
    const { pk, sk } = keys.audit(header.promotionId, 0);
    const trail = itemsOf(sandbox, pk, sk.replace(/#.*/, "#")).map(({ pk: _pk, sk: _sk, ...entry }) => entry);
    const records = (trail as unknown as AuditRecord[]).toSorted((one, other) => one.sequence - other.sequence);
    const broken = brokenAt(sha256, records);
    const ended = records.some(({ id }) => id === `ended-${header.outcome}`);
    return [
      ...(broken === null ? [] : [`the trail of ${header.promotionId} is broken at entry ${broken}`]),
      ...(ended ? [] : [`the trail of ${header.promotionId} does not say that it ended ${header.outcome}`]),
    ];
  });
}

/** What may not be found in the table, once all is over: its keys begin so, and the rule says what is wrong with it. */
const LEFT_OPEN: readonly {
  readonly pk: string;
  readonly sk: string;
  readonly wrong: (item: Item) => string | null;
}[] = [
  { pk: "PROMOTION#", sk: "HEADER", wrong: ({ state }) => (state === "closed" ? null : "is not closed") },
  { pk: "PROMOTION#", sk: "HEAD#", wrong: ({ state }) => (state === "closed" ? null : `is ${String(state)}`) },
  { pk: "PROMOTION#", sk: "INTENT#", wrong: ({ result }) => (result === null ? "has no result" : null) },
  { pk: "PROMOTION#", sk: "REPLACEMENT#", wrong: ({ result }) => (result === null ? "has no result" : null) },
  { pk: "APPROVALS#", sk: "APPROVAL#", wrong: ({ state }) => (state === "waiting" ? "still waits" : null) },
  { pk: "LOCK#", sk: "", wrong: ({ owner }) => (owner === null ? null : `is owned by ${String(owner)}`) },
  { pk: "ALARM#", sk: "", wrong: () => "is still listened for" },
  { pk: "OPEN", sk: "", wrong: () => "is still listed" },
];

function nothingIsLeftOpen({ sandbox }: Facts): string[] {
  return LEFT_OPEN.flatMap(({ pk, sk, wrong }) =>
    itemsOf(sandbox, pk, sk).flatMap((item) => {
      const found = wrong(item);
      return found === null ? [] : [`${item.pk} ${item.sk} ${found}`];
    }),
  );
}

/** The closing notice went to whom the policy names; and somebody was paged where traffic was not known to be safe. */
function peopleAreTold({ sandbox, facts, plan }: Facts): string[] {
  const { mailbox } = sandbox.sns;
  return facts.flatMap(({ header, error }, index) => {
    if (header === null || header.environments.length === 0) return [];
    const environments = plan.resolved[index]?.environments ?? [];
    const subject = `${header.service} ${header.version}: ${header.outcome}`;
    const untold = [...new Set(environments.flatMap(({ notices }) => notices))].filter(
      (address) => !mailbox.some((mail) => mail.to === address && mail.subject === subject),
    );
    const found = untold.map((address) => `${address} never got "${subject}"`);
    const mustPage = error === "rollback-failed" || header.outcome === "rollback-failed";
    const onCall = environments.flatMap(({ pageTo }) => pageTo);
    const paged = mailbox.some((mail) => onCall.includes(mail.to));
    return mustPage && !paged ? [...found, "the rollback failed, and nobody was paged"] : found;
  });
}

/** What tells Headgate at once that traffic has to go back, unless it was said to nobody. */
function tellsAtOnce({ deed, answer }: Done): boolean {
  if (deed.do === "operate") return ["roll-back", "abort"].includes(deed.verb) && answer.startsWith("2");
  return deed.do === "alarm" || (deed.do === "stop" && deed.whom === "promotion");
}

/** A tick, for what is said while the first shift is under way, and a restore (ms). */
const IN_TIME_MS = 90_000;

function isBackInTime(facts: Facts): string[] {
  const { calls, handlers, starts, happenings } = facts.case;
  const undisturbed = [...calls, ...handlers, ...starts, ...facts.plan.scenario.faults].length === 0;
  const [first] = facts.done;
  if (!undisturbed || happenings.length !== 1 || first === undefined || !tellsAtOnce(first)) return [];
  const tookMs = timeToSafe(facts) ?? 0;
  return tookMs <= IN_TIME_MS ? [] : [`it took ${Math.round(tookMs / 1_000)} s`];
}

/**
 * Longer than this (ms) from what went wrong until traffic was back, and somebody on call has to know. Whom to call stands
 * in the ledger: half an hour without it is for the deployment's own alarms to notice.
 */
const LONG_DANGER_MS = 45 * 60_000;

function longDangerIsPaged(facts: Facts): string[] {
  const danger = timeToSafe(facts);
  if (danger === null || danger < LONG_DANGER_MS) return [];
  if (isPaged(facts)) return [];
  return [`traffic was in danger for ${Math.round(danger / 60_000)} minutes, and nobody was paged`];
}

/** Whether anybody on call got a mail. */
export const isPaged = (facts: Facts): boolean => pagesOf(facts).length > 0;

function pagesOf({ plan, sandbox }: Facts) {
  const onCall = plan.resolved.flatMap(({ environments }) => environments.flatMap(({ pageTo }) => pageTo));
  return sandbox.sns.mailbox.filter(({ to }) => onCall.includes(to));
}

/** Where no call and no invocation of ours was lost, each page is one mail: whoever gets the same twice reads neither. */
function pagesComeOnce(facts: Facts): string[] {
  const { calls, handlers, starts } = facts.case;
  if ([...calls, ...handlers, ...starts].length > 0) return [];
  const same = grouped(pagesOf(facts), ({ to, subject, body }) => `${to}: ${subject}\n${body}`);
  return same.filter((mails) => mails.length > 1).map(([mail, ...more]) => `${more.length + 1} x ${mail?.subject}`);
}

function nothingMovesAfterwards({ aliases, settledAt }: Facts): string[] {
  if (settledAt === null) return [];
  return aliases.flatMap(({ functionName, changes }) =>
    changes
      .filter(({ at, by }) => at > settledAt && by === "call")
      .map(
        ({ at, weights }) =>
          `${functionName} was moved ${Math.round((at - settledAt) / 1_000)} s after the end: ${inWords(weights)}`,
      ),
  );
}

/** What a person moved stays as the person left it. */
function handsOff({ aliases }: Facts): string[] {
  return aliases.flatMap(({ functionName, changes, pin }) => {
    const later = pin === null ? [] : changes.filter(({ at, by }) => by === "call" && at >= pin.at);
    return later.map(({ weights }) => `${functionName} was moved by hand, then overwritten: ${inWords(weights)}`);
  });
}

function linksAreDead({ links }: Facts): string[] {
  return links
    .filter(({ body, status }) => status >= 500 || body.includes('name="token"'))
    .map(({ link, status }) => `${link.slice(0, 8)} still asks (${status})`);
}

/** A mail takes a moment (ms). */
const DELIVERED_WITHIN_MS = 60_000;

/** A redriven execution, or a call that woke up late, finds its promotion closed and troubles nobody. */
function nobodyIsAskedAfterwards({ sandbox, facts }: Facts): string[] {
  return facts.flatMap(({ header }) => {
    const { promotionId, closedAt } = header ?? {};
    if (promotionId === undefined || closedAt == null) return [];
    return sandbox.sns.mailbox
      .filter(
        ({ at, subject, body }) =>
          at > closedAt + DELIVERED_WITHIN_MS && ASKS.test(subject) && body.includes(promotionId),
      )
      .map(({ to, subject }) => `${to} got "${subject}" after the end`);
  });
}

const ASKS = /Approve .*\?$/;

function badIsNeverPromoted(facts: Facts): string[] {
  if (facts.plan.badFromWeight === null) return [];
  if (verbsOf(facts.case).includes("skip-bake") || hasDeed(facts.case, "move")) return [];
  return facts.facts.filter(({ header }) => header?.outcome === "promoted").map(() => "it was");
}
