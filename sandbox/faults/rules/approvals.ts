/**
 * Whoever has to agree has agreed before: by what people themselves sent from their mails, and not by what was written down
 * of it.
 */
import { addressIn } from "../../../functions/domain/callers.ts";
import { personOf } from "../../../functions/domain/people.ts";
import type { ApprovalPlan } from "../../../functions/domain/plan.ts";
import type { Said } from "../../host/api.ts";
import type { Facts } from "../facts.ts";
import { guards, type Rise, risesOf } from "./rises.ts";

/** One person's answer to one question. */
interface Answer {
  readonly at: number;
  readonly person: string;
  readonly role: string;
  /** `promotion environment approval` */
  readonly question: string;
  readonly isYes: boolean;
}

export function peopleSaidYes(facts: Facts): string[] {
  const answers = answersOf(facts);
  return risesOf(facts).flatMap((rise) =>
    rise.plan.approvals
      .filter(({ when }) => (when === "after" ? rise.isFinish : guards(when, rise)))
      .flatMap((approval) => {
        const why = whyNot(facts, rise, approval, answers);
        return why === null ? [] : [`${rise.functionName} went to ${rise.to} % ${why}`];
      }),
  );
}

function whyNot(facts: Facts, rise: Rise, approval: ApprovalPlan, answers: readonly Answer[]): string | null {
  const { promotionId = "", startedBy = null } = facts.facts[rise.promotion]?.header ?? {};
  const starter = startedBy === null ? null : addressIn(startedBy);
  const requester = facts.plan.resolved[rise.promotion]?.requestedBy ?? "";
  const parties = [requester, ...(starter === null ? [] : [starter])].map(personOf);
  const question = `${promotionId} ${rise.plan.environment} ${approval.id}`;
  const given = answers.filter((one) => one.question === question && one.at <= rise.at);
  const missing = missingYeses(approval, given, parties);
  return missing === 0 ? null : `with ${missing} yes too few for ${approval.id}`;
}

/** Each person counts once, in the role that the first mail answered was about; parties count for nobody. */
function missingYeses(approval: ApprovalPlan, given: readonly Answer[], parties: readonly string[]): number {
  const firsts = new Map<string, Answer>();
  for (const answer of given.toSorted((one, other) => one.at - other.at)) {
    if (!parties.includes(answer.person) && !firsts.has(answer.person)) firsts.set(answer.person, answer);
  }
  const yeses = (role: { readonly role: string; readonly people: readonly string[] }) => {
    const people = role.people.map(personOf);
    return [...firsts.values()].filter(
      ({ isYes, role: asked, person }) => isYes && asked === role.role && people.includes(person),
    ).length;
  };
  const short = approval.roles.reduce((sum, role) => sum + Math.max(0, role.needed - yeses(role)), 0);
  const { escalateTo } = approval;
  const standIns = escalateTo === null ? 0 : Math.floor(yeses(escalateTo) / escalateTo.needed);
  return Math.max(0, short - standIns);
}

const COMMAND = /headgate -- approve (\S+) --environment (\S+) --approval (\S+) --role (\S+)/;

function answersOf({ sandbox }: Facts): Answer[] {
  return sandbox.api.said.flatMap((said) => {
    const asked = "link" in said.through ? askedBy(sandbox.sns.mailbox, said.through.link) : signed(said);
    if (asked === null) return [];
    return [{ ...asked, at: said.at, isYes: said.body.decision === "approved" }];
  });
}

type Asked = Pick<Answer, "person" | "role" | "question">;

function signed({ through, body }: Said): Asked | null {
  if ("link" in through) return null;
  const { address, promotionId, environment, approval } = through;
  return {
    person: personOf(address),
    role: String(body.role),
    question: `${promotionId} ${environment} ${approval}`,
  };
}

/** Whom the mail with this link went to, and what it asks. */
function askedBy(mailbox: readonly { readonly to: string; readonly body: string }[], link: string): Asked | null {
  const mail = mailbox.find(({ body }) => body.includes(link));
  const [, promotionId, environment, approval, role] = COMMAND.exec(mail?.body ?? "") ?? [];
  if (mail === undefined || role === undefined) return null;
  return { person: personOf(mail.to), role, question: `${promotionId} ${environment} ${approval}` };
}
