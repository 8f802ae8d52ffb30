/** The worlds that are played: what both arms share, and candidates that turn bad once they have all of the traffic. */
import { LAST_MINUTE, MONITOR_FROM, WHOLE_FROM, type World } from "./rollout.ts";

export interface Cell {
  readonly says: string;
  readonly world: World;
}

/** What both arms share, and the minutes in which it may be taken for the candidate's: until its last ones are read. */
export interface SharedCell extends Cell {
  readonly from: number;
  readonly until: number;
}

const TIMES = 20;
const INCIDENT_MINUTES = 6;
const READ_AGAIN_MINUTES = 10;
/** An incident of six minutes on both arms, as `cases/judge.json` has it: 6,000 requests a minute, 0.5 % of them failing. */
const incident = (says: string, from: number, holdback: number): SharedCell => ({
  says,
  from,
  until: from + INCIDENT_MINUTES + READ_AGAIN_MINUTES,
  world: {
    requestsPerMinute: 6_000,
    before: 0.005,
    holdback,
    rates: (minute) => {
      const rate = minute >= from && minute < from + INCIDENT_MINUTES ? 0.005 * TIMES : 0.005;
      return { candidate: rate, baseline: rate };
    },
  },
});

const GROWTH_MINUTES = 120;
/** Both arms fail more and more often, 0.1 to 0.6 % in two hours, at 600 requests a minute. */
const growth = (says: string, holdback: number): SharedCell => ({
  says,
  from: WHOLE_FROM,
  until: LAST_MINUTE,
  world: {
    requestsPerMinute: 600,
    before: 0.001,
    holdback,
    rates: (minute) => {
      const grown = Math.max(0, Math.min(1, (minute - WHOLE_FROM) / GROWTH_MINUTES));
      const rate = 0.001 + 0.005 * grown;
      return { candidate: rate, baseline: rate };
    },
  },
});

export const SHARED: readonly SharedCell[] = [
  incident("incident ×20 at 25 %", 20, 1),
  incident("incident ×20 at 99 %, 1 % held back", WHOLE_FROM + 7, 1),
  incident("incident ×20 while it is monitored at 99 %", MONITOR_FROM + 30, 1),
  growth("both arms' errors grow, 1 % held back", 1),
];

export const ALONE: readonly SharedCell[] = [
  incident("incident ×20 at 100 %", WHOLE_FROM + 7, 0),
  incident("incident ×20 while it is monitored at 100 %", MONITOR_FROM + 30, 0),
  growth("both arms' errors grow, at 100 %", 0),
];

const TRAFFIC = [60, 600, 6_000, 60_000] as const;
const steady = (requestsPerMinute: number, base: number, added: number, holdback: number): World => ({
  requestsPerMinute,
  before: base,
  holdback,
  rates: (minute) => ({ candidate: minute < WHOLE_FROM ? base : Math.min(1, base + added), baseline: base }),
});

/** As good as the baseline all along. */
export const GOOD: readonly Cell[] = TRAFFIC.flatMap((rpm) =>
  [0.001, 0.01].map((base) => ({
    says: `${rpm} a minute, ${100 * base} % errors`,
    world: steady(rpm, base, 0, 1),
  })),
);

export interface Bad {
  readonly rpm: number;
  readonly added: number;
  readonly holdback: number;
  readonly world: World;
}

export const ADDED = [0.01, 0.05, 0.5, 1] as const;
export const SHARES = [1, 5] as const;
export const BAD: readonly Bad[] = TRAFFIC.flatMap((rpm) =>
  SHARES.flatMap((holdback) =>
    ADDED.map((added) => ({ rpm, added, holdback, world: steady(rpm, 0.001, added, holdback) })),
  ),
);

/** Minutes in which a bad candidate can be caught. */
export const WATCHED = LAST_MINUTE - WHOLE_FROM;
