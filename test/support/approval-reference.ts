/**
 * The rules of an approval as somebody would play them on paper: the whole story is read again at every look. Slow, and
 * written from docs/approvals.md, not from the code that it is held against.
 */

export type State = "waiting" | "approved" | "rejected" | "superseded" | "expired";

/** What happened to one approval, in order; what concerns everybody stands in each story. */
export type Event = { readonly at: number } & (
  | { readonly what: "asked" | "looked" | "superseded" | "links ended" | "execution stopped" }
  | { readonly what: "answered"; readonly answer: Answer }
  | { readonly what: "seat given on"; readonly role: string; readonly from: string; readonly to: string }
  | { readonly what: "policy"; readonly people: Readonly<Record<string, readonly string[]>> }
  | { readonly what: "revoked" | "reinstated"; readonly person: string }
);

export interface Answer {
  readonly role: string;
  readonly person: string;
  readonly decision: "approved" | "rejected";
  /** Who signed; null: it came by the page. */
  readonly principal: string | null;
}

export interface Rules {
  readonly roles: Readonly<Record<string, { readonly needed: number; readonly people: readonly string[] }>>;
  readonly escalation: string;
  readonly parties: readonly string[];
  readonly starter: string | null;
  readonly expiresMs: number;
  readonly escalatesMs: number;
  readonly validMs: number;
}

type Story = readonly Event[];

const startOfRound = (story: Story) => story.findLastIndex(({ what }) => what === "asked");
const nowIn = (story: Story) => story.at(-1)?.at ?? 0;

/** Where the seat of this person in this role began in the story; -1: there is none now. */
export function seatedSince({ roles, parties }: Rules, story: Story, role: string, person: string): number {
  const asked = startOfRound(story);
  let since = roles[role]?.people.includes(person) && !parties.includes(person) ? asked : -1;
  for (const [index, event] of story.entries()) {
    if (index <= asked || event.what !== "seat given on" || event.role !== role) continue;
    if (event.from === person) since = -1;
    if (event.to === person) since = index;
  }
  return since;
}

function mayDecide(rules: Rules, story: Story, role: string, person: string): boolean {
  const policy = story.findLast((event) => event.what === "policy");
  const word = story.findLast((one) => (one.what === "revoked" || one.what === "reinstated") && one.person === person);
  const due = (story[startOfRound(story)]?.at ?? 0) + rules.escalatesMs;
  const asked = role !== rules.escalation || story.some(({ what, at }) => what === "looked" && at >= due);
  const named = policy?.people[role]?.includes(person) ?? false;
  return asked && named && word?.what !== "revoked" && seatedSince(rules, story, role, person) >= 0;
}

const endOf = (rules: Rules, story: Story) => (story[startOfRound(story)]?.at ?? 0) + rules.expiresMs;

/** Answers of this round that count. */
function counted(rules: Rules, story: Story): Answer[] {
  const round = story.slice(startOfRound(story)).filter(({ at }) => at < endOf(rules, story));
  const answers = round.flatMap((event) => (event.what === "answered" ? [event.answer] : []));
  return answers.filter(({ role, person }) => mayDecide(rules, story, role, person));
}

/** Whether every role has what it needs, with a yes of the escalation for each yes that is missing. */
function isEnough(rules: Rules, story: Story): boolean {
  const given = counted(rules, story).filter(({ decision }) => decision === "approved");
  const yes = (wanted: string) => given.filter(({ role }) => role === wanted).length;
  const missing = Object.entries(rules.roles)
    .filter(([role]) => role !== rules.escalation)
    .reduce((sum, [role, { needed }]) => sum + Math.max(0, needed - yes(role)), 0);
  return missing <= yes(rules.escalation);
}

/** What the answers of this round amount to, were nothing decided yet. */
function weigh(rules: Rules, story: Story): State {
  if (counted(rules, story).some(({ decision }) => decision === "rejected")) return "rejected";
  if (story.some(({ what }) => what === "superseded")) return "superseded";
  if (isEnough(rules, story)) return "approved";
  return nowIn(story) >= endOf(rules, story) ? "expired" : "waiting";
}

/** How the approval stands after its last look; and, once it has ended, since when. */
export function stateOf(rules: Rules, story: Story): { readonly state: State; readonly since: number } {
  let found: { state: State; since: number } = { state: "waiting", since: 0 };
  for (const [index, { what, at }] of story.entries()) {
    if (what === "asked") found = { state: "waiting", since: at };
    if (found.state !== "waiting") continue;
    const state = what === "looked" || what === "answered" ? weigh(rules, story.slice(0, index + 1)) : "waiting";
    if (state !== "waiting") found = { state, since: at };
  }
  return found;
}

/** Whether whoever gave it would still be enough, and it was not given too long ago. */
export function isAskedAnew(rules: Rules, story: Story): boolean {
  const { state, since } = stateOf(rules, story);
  if (state !== "approved") return false;
  return nowIn(story) - since > rules.validMs || !isEnough(rules, story);
}

/** Whether an answer that arrives now is taken. */
export function takes(rules: Rules, story: Story, { role, person, principal }: Answer): boolean {
  const round = story.slice(startOfRound(story));
  const before = round.flatMap((event) => (event.what === "answered" ? [event.answer] : []));
  const again = before.some(
    (one) => one.person === person || (principal !== null && sameOne(one.principal, principal)),
  );
  const party = rules.parties.includes(person) || (principal !== null && sameOne(rules.starter, principal));
  const stopped = story.some(({ what }) => what === "execution stopped");
  return !again && !party && !stopped && isOpen(rules, story) && mayDecide(rules, story, role, person);
}

/** A role and its session may be one and the same caller. */
const sameOne = (one: string | null, other: string) =>
  one !== null && (one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`));

const isOpen = (rules: Rules, story: Story) =>
  stateOf(rules, story).state === "waiting" && weigh(rules, story) === "waiting";
