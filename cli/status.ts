/** How promotions stand, and each step as it comes. */
import { exitCodeOf } from "../functions/domain/outcomes.ts";
import type { Clock } from "../functions/domain/ports.ts";
import { plainJson } from "../functions/domain/text.ts";
import { OpenPromotions, PromotionNews, PromotionStatus } from "../functions/pages/promotion/status-json.ts";
import { type Look, lookAt, pathOf } from "./look.ts";
import type { Get } from "./signed-api.ts";
import { entryLine, openLines, statusLines } from "./status-words.ts";

export interface LookOptions {
  /** Of the API, or of the table. */
  readonly get: Get;
  /** IANA zone in which times are written. */
  readonly zone: string;
  /** Prints the API's JSON instead of words, an answer a line. */
  readonly json: boolean;
  /** Takes text with its line ends, as `process.stdout.write` does. */
  readonly write: (text: string) => void;
}

export interface StatusOptions extends LookOptions {
  readonly promotionId: string;
}

/** Prints how a promotion stands. Returns the exit code: 0, 2 when there is no such promotion, 4 refused or unanswered. */
export async function status(options: StatusOptions): Promise<0 | 2 | 4> {
  const look = await lookAt(options.get, pathOf(options.promotionId), PromotionStatus);
  return print(options, look, (found) => statusLines(found, options.zone), options.promotionId);
}

/** Prints which promotions are open. Exit codes as for `status`. */
export async function listOpen(options: LookOptions): Promise<0 | 2 | 4> {
  const look = await lookAt(options.get, "/promotions", OpenPromotions);
  return print(options, look, (found) => openLines(found, options.zone), "");
}

function print<T>({ json, write }: LookOptions, look: Look<T>, words: (found: T) => string[], name: string): 0 | 2 | 4 {
  if (look.kind !== "found") return sayWhyNot(write, look, name);
  if (json) write(`${plainJson(look.json)}\n`);
  else for (const line of words(look.value)) write(`${line}\n`);
  return 0;
}

/** Says why there is nothing to show, and returns the exit code: 2 no such promotion, 4 refused or unanswered. */
export function sayWhyNot(
  write: LookOptions["write"],
  look: Exclude<Look<unknown>, { kind: "found" }>,
  promotionId: string,
): 2 | 4 {
  const lines = look.kind === "none" ? [`There is no promotion ${promotionId}.`] : look.lines;
  for (const line of lines) write(`${line}\n`);
  return look.kind === "none" ? 2 : 4;
}

/** How often a promotion that is watched is looked at, and for how long one is watched that nobody answers for. Ms. */
const LOOK_EVERY_MS = 5_000;
const PATIENCE_MS = 15 * 60_000;

/**
 * Prints each new entry of the record as it comes, until the promotion has ended. Returns the outcome's exit code (0
 * promoted, 3 rolled back, 4 refused, 5 rollback failed, 1 the rest), 2 when there is no such promotion, 4 when looking
 * is refused or unanswered: at first, or for a quarter of an hour after an answer.
 */
export async function watch(options: StatusOptions & { readonly clock: Clock }): Promise<number> {
  const { promotionId, get, write, clock } = options;
  let since = 0;
  let answeredAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const look = await lookAt(get, `${pathOf(promotionId)}?since=${since}`, PromotionNews);
    if (look.kind === "found") {
      const { trail, state, outcome } = look.value;
      printNews(options, look.value, look.json);
      since = trail.upTo;
      answeredAt = clock.now();
      if (since < (trail.head?.sequence ?? 0)) continue;
      if (state === "closed" && outcome !== null) return exitCodeOf(outcome);
    } else if (look.kind === "none" || !look.passing || clock.now() - answeredAt >= PATIENCE_MS) {
      return sayWhyNot(write, look, promotionId);
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
}

/** In JSON, each answer that has something new is a line. */
function printNews({ json, write, zone }: LookOptions, { trail, state }: PromotionNews, answer: unknown): void {
  if (!json) for (const entry of trail.entries) write(`${entryLine(entry, zone)}\n`);
  else if (trail.entries.length > 0 || state === "closed") write(`${plainJson(answer)}\n`);
}
