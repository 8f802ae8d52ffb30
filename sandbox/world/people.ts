/**
 * The people of a rehearsal: each reads the mail that has a link for them, thinks for as long as the scenario says, opens
 * the page, ticks and types what it asks for, and sends the form; or answers by the command in the mail. They know nothing that is not in the mail, on the page
 * or in the release.
 */
import type { VirtualClock } from "../clock.ts";
import type { SignedAnswer } from "../host/api.ts";
import type { Scenario } from "./scenario.ts";

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
  readonly decide: (answer: SignedAnswer) => Promise<{ status: number }>;
  readonly tell: (who: string, text: string) => void;
}

type Person = Scenario["people"][number];

/** What a mail asks, and whom. */
interface Question {
  readonly address: string;
  readonly link: string;
  /** The same question by the signed route; null where the mail names no command. */
  readonly command: (Omit<SignedAnswer, "address" | "body"> & { readonly role: string }) | null;
  /** What the person types in. */
  readonly version: string;
}

/** `Approve shop v3 for prod?` asks about v3. */
const versionIn = (subject: string) => / (\S+) for \S+$/.exec(subject)?.[1];

/** A page that does not come is asked for again after a while (ms), and not for ever. */
const TRIES_AGAIN_MS = 60_000;
const MOST_TRIES = 5;

const COMMAND = /headgate -- approve (\S+) --environment (\S+) --approval (\S+) --role (\S+)/;

function commandIn(body: string): Question["command"] {
  const [, promotionId, environment, approval, role] = COMMAND.exec(body) ?? [];
  if (promotionId === undefined || environment === undefined || approval === undefined || role === undefined)
    return null;
  return { promotionId, environment, approval, role };
}

const LINK = /\/approvals\/([0-9a-f]{64})/;

/** Takes delivered mails, and answers those that ask something. */
export class People {
  readonly #options: PeopleOptions;
  /** Questions that somebody still thinks about, by who was asked what, as their newest mail put it. */
  readonly #open = new Map<string, Question>();
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
    const version = versionIn(mail.subject) ?? this.#options.version;
    this.#think({ address: mail.to, link, command: commandIn(mail.body), version }, person);
  }

  /** A reminder of what somebody thinks about already brings them a new link, and not a second answer. */
  #think(question: Question, person: Person): void {
    const { address, command } = question;
    const asked = JSON.stringify([address, command]);
    const isOpen = this.#open.has(asked);
    this.#open.set(asked, question);
    if (isOpen) return;
    this.#options.clock.after(person.after, `${address} answers`, () => {
      const newest = this.#open.get(asked) ?? question;
      this.#open.delete(asked);
      return this.#answer(newest, person);
    });
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
      const status = await (person.through === "api" ? this.#sign(question, person) : this.#fillIn(question, person));
      if (status < 500) return;
      await this.#options.clock.sleep(TRIES_AGAIN_MS);
    }
  }

  /** By the signed route. Returns the status of its answer. */
  async #sign({ address, command, version }: Question, person: Person): Promise<number> {
    if (command === null) throw new Error(`the mail to ${address} names no command`);
    const { role, ...approval } = command;
    const { decision, comment } = answerOf(person);
    const body = { action: "decide", role, decision, comment, version };
    const { status } = await this.#options.decide({ address, ...approval, body });
    this.#tell(address, status, person);
    return status;
  }

  /** On the page. Returns the status of what came last. */
  async #fillIn({ address, link, version }: Question, person: Person): Promise<number> {
    const { visit, tell } = this.#options;
    const page = await visit({ method: "GET", link, body: null });
    const token = attributeOf(page.body, /<input type="hidden" name="token" value="([^"]*)"/g)[0];
    if (token === undefined) {
      tell(address, `opens the link and finds nothing to decide (${page.status})`);
      return page.status;
    }
    const form = new URLSearchParams({ token, version, ...answerOf(person) });
    const boxes = attributeOf(page.body, /<input type="checkbox" name="checklist" value="([^"]*)"/g);
    for (const box of person.answers === "approve" ? boxes : []) form.append("checklist", box);
    const answer = await visit({ method: "POST", link, body: form.toString() });
    this.#tell(address, answer.status, person);
    return answer.status;
  }

  #tell(address: string, status: number, person: Person): void {
    const done = status < 400 ? answerOf(person).decision : `is refused (${status})`;
    this.#options.tell(address, person.comment === undefined ? done : `${done}: "${person.comment}"`);
  }
}

function answerOf({ answers, comment = "" }: Person) {
  return { decision: answers === "approve" ? "approved" : "rejected", comment };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Values of an attribute, as a browser would send them. */
function attributeOf(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, value = ""]) =>
    value.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? ""),
  );
}
