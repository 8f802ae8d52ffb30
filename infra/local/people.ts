/**
 * The people of a rehearsal: each reads the mail that has a link for them, thinks for as long as the scenario says, opens
 * the page, ticks and types what it asks for, and sends the form. They know nothing that is not in the mail, on the page
 * or in the release.
 */
import type { VirtualClock } from "./clock.ts";
import type { Scenario } from "./world/scenario.ts";

export interface DeliveredMail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

export interface PageRequest {
  readonly method: "GET" | "POST";
  readonly link: string;
  readonly body: string | null;
}

export interface PeopleOptions {
  readonly clock: VirtualClock;
  readonly scenario: Pick<Scenario, "people">;
  /** Roles of an address, so that a scenario may speak of `tech-lead`. */
  readonly rolesOf: (address: string) => readonly string[];
  readonly version: string;
  readonly visit: (request: PageRequest) => Promise<{ status: number; body: string }>;
  readonly tell: (who: string, text: string) => void;
}

type Person = Scenario["people"][number];

/** What a mail asks, and whom. */
interface Question {
  readonly address: string;
  readonly link: string;
  /** What the person types in. */
  readonly version: string;
}

/** `Approve shop v3 for prod?` asks about v3. */
const versionIn = (subject: string) => / (\S+) for \S+$/.exec(subject)?.[1];

/** A page that does not come is asked for again after a while (ms), and not for ever. */
const TRIES_AGAIN_MS = 60_000;
const MOST_TRIES = 5;

const LINK = /\/approvals\/([0-9a-f]{64})/;

/** Takes delivered mails, and answers those that ask something. */
export class People {
  readonly #options: PeopleOptions;
  readonly #seen = new Set<string>();

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  receive(mail: DeliveredMail): void {
    const link = LINK.exec(mail.body)?.[1];
    const person = link === undefined ? undefined : this.#personFor(mail);
    if (link === undefined || person === undefined || this.#seen.has(link)) return;
    this.#seen.add(link);
    if (person.answers === "never") return;
    const question = { address: mail.to, link, version: versionIn(mail.subject) ?? this.#options.version };
    this.#options.clock.after(person.after, `${mail.to} answers`, () => this.#answer(question, person));
  }

  #personFor({ to, subject, body }: DeliveredMail): Person | undefined {
    const { scenario, rolesOf } = this.#options;
    const names = new Set([to, ...rolesOf(to)]);
    const fits = ({ who, environment }: Person) =>
      names.has(who) && (environment === undefined || `${subject}\n${body}`.includes(environment));
    return scenario.people.find(fits);
  }

  async #answer(question: Question, person: Person): Promise<void> {
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      const status = await this.#tryToAnswer(question, person);
      if (status < 500) return;
      await this.#options.clock.sleep(TRIES_AGAIN_MS);
    }
  }

  /** Returns the status of what came last. */
  async #tryToAnswer({ address, link, version }: Question, person: Person): Promise<number> {
    const { visit, tell } = this.#options;
    const page = await visit({ method: "GET", link, body: null });
    const token = attributeOf(page.body, /<input type="hidden" name="token" value="([^"]*)"/g)[0];
    if (token === undefined) {
      tell(address, `opens the link and finds nothing to decide (${page.status})`);
      return page.status;
    }
    const decision = person.answers === "approve" ? "approved" : "rejected";
    const form = new URLSearchParams({ token, decision, version, comment: person.comment ?? "" });
    const boxes = attributeOf(page.body, /<input type="checkbox" name="checklist" value="([^"]*)"/g);
    for (const box of decision === "approved" ? boxes : []) form.append("checklist", box);
    const answer = await visit({ method: "POST", link, body: form.toString() });
    const done = answer.status < 400 ? decision : `is refused (${answer.status})`;
    tell(address, person.comment === undefined ? done : `${done}: "${person.comment}"`);
    return answer.status;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Values of an attribute, as a browser would send them. */
function attributeOf(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, value = ""]) =>
    value.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? ""),
  );
}
