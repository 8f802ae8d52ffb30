/** Whether what people were told was so when they were told it, by the simulated aliases' own history. */
import type { AliasFacts, Facts, PromotionFacts } from "./facts.ts";
import { risesOf } from "./rules/rises.ts";

/** A word about how a promotion ended, and when it was given (epoch ms). */
interface Word {
  readonly at: number;
  readonly outcome: string;
  readonly who: string;
}

/** Said to be over, in the console or by mail, while traffic was still somewhere else. */
export function saidTooEarly(facts: Facts): string[] {
  return facts.facts.flatMap((promotion, index) =>
    wordsOn(facts, promotion).flatMap((word) =>
      unsettled(facts, promotion).flatMap((alias) =>
        isUntouched(facts, alias, index) ? [] : contradiction(alias, index, word),
      ),
    ),
  );
}

/** Aliases of the environments that the promotion was not done with before it ended: what is done stays done. */
function unsettled({ aliases }: Facts, { heads }: PromotionFacts): AliasFacts[] {
  const done = heads.filter(({ outcome }) => outcome === "promoted").map(({ environment }) => environment);
  return aliases.filter(({ environment }) => !done.includes(environment));
}

function wordsOn({ sandbox, facts }: Facts, promotion: PromotionFacts): Word[] {
  const { header, status, error, stoppedAt } = promotion;
  if (header === null) return [];
  // Two promotions of one version send the same subjects.
  const alone = facts.every((other) => other === promotion || other.header?.version !== header.version);
  const subject = `${header.service} ${header.version}: `;
  const mails = sandbox.sns.mailbox.flatMap(({ at, to, subject: said }) =>
    alone && said.startsWith(subject) ? [{ at, outcome: said.slice(subject.length), who: `the mail to ${to}` }] : [],
  );
  const end = status === "FAILED" ? error : null;
  const words =
    end === null || stoppedAt === null ? mails : [...mails, { at: stoppedAt, outcome: end, who: "the execution" }];
  return words.filter(({ outcome }) => BACK.test(outcome));
}

/** What promises that traffic is back. `rollback-failed` and `errored` do not; `promoted` is held to the record elsewhere. */
const BACK = /^(rolled-back|rejected|expired|blocked|superseded|cancelled|aborted)$/;

function contradiction(alias: AliasFacts, index: number, { at, outcome, who }: Word): string[] {
  const candidate = alias.candidates[index] ?? null;
  const standing = alias.changes.findLast((change) => change.at <= at);
  if (candidate === null || standing?.by === "hand") return [];
  const share = standing?.weights[candidate] ?? 0;
  return share === 0
    ? []
    : [`${who} said ${outcome} with ${Math.round(share * 100)} % of ${alias.functionName} on ${candidate}`];
}

/** Whether the promotion has never moved it: what serves there is nothing of its own. */
function isUntouched(facts: Facts, { functionName }: AliasFacts, index: number): boolean {
  return risesOf(facts).every((rise) => rise.promotion !== index || rise.functionName !== functionName);
}

/** From the end of execution and trouble to safe traffic it takes the sweeper's round of each minute and the restore itself (ms). */
const SOON_MS = 6 * 60_000;

/** An execution that ended with traffic on its candidate: as soon as nothing is in the way, the sweeper brings it back. */
export function leftTooLong(facts: Facts): string[] {
  return facts.facts.flatMap((promotion, index) => {
    const { stoppedAt } = promotion;
    if (stoppedAt === null) return [];
    const free = Math.max(stoppedAt, troubleEnds(facts));
    return unsettled(facts, promotion).flatMap((alias) => {
      const { functionName, candidates, changes } = alias;
      const candidate = candidates[index] ?? null;
      if (isUntouched(facts, alias, index)) return [];
      const standing = changes.findLast(({ at }) => at <= stoppedAt);
      if (candidate === null || standing === undefined || (standing.weights[candidate] ?? 0) === 0) return [];
      const back = changes.find(({ at, weights }) => at > stoppedAt && (weights[candidate] ?? 0) === 0)?.at;
      if (back !== undefined && back <= free + SOON_MS + (facts.plan.sweepEverySeconds - 60) * 1_000) return [];
      const late = back === undefined ? "never" : `${Math.round((back - free) / 1_000)} s after nothing was in the way`;
      return [`${functionName} was left on ${candidate}, and came back ${late}`];
    });
  });
}

/** When the last fault of a length of its own was over, or anything else struck for the last time (epoch ms). */
function troubleEnds({ case: what, plan, struck }: Facts): number {
  const { startsAt, faults } = plan.scenario;
  const spans = [...what.calls, ...faults].flatMap(({ to }) => (to === undefined ? [] : [startsAt + to]));
  return Math.max(...spans, struck.at(-1) ?? startsAt, startsAt);
}
