import type { DispersionConfig } from "./sequential-lanes.ts";

/** Settings of one metric's judge; rates and margins are fractions of requests (0.01 is one point), times are minutes. */
export type SequentialConfig = DispersionConfig & {
  /** Largest chance of ever failing a candidate that is as good as tolerated. */
  readonly alpha: number;
  /** Tolerated ratio of the canary's rate to the baseline's. */
  readonly rho: number;
  /** Tolerated rate above rho times the baseline's. */
  readonly delta: number;
  /** Tolerated rate where there is no baseline arm; without it such minutes carry no evidence. */
  readonly slo: number | null;
  /** First minutes of each step in which `warmupDelta` is tolerated and no pass is gathered (cold starts). */
  readonly warmupMinutes: number;
  readonly warmupDelta: number;
  /** Ratios that the fast lane bets on. */
  readonly grid: readonly number[];
  /** Most that one minute adds to a fast bet, in nats. */
  readonly capNats: number;
  /** Slow bets: [ratio, stake]. */
  readonly robust: readonly (readonly [ratio: number, stake: number])[];
  /** Share of the fast lane in E; the rest is the slow lane's. */
  readonly fastWeight: number;
  /** Share of the start mass on the first minute, on a later step's first minute, on any other minute. */
  readonly hazardFirst: number;
  readonly hazardStep: number;
  readonly hazardMinute: number;
  /** A known dispersion, at least 1; `null` measures it from the reference. */
  readonly phi: number | null;
  /** Dispersion above this is taken for rate noise that shrinks with traffic (see `temper`); `Infinity` is off. */
  readonly phiBurst: number;
  /** Largest chance, per step, of passing a candidate at the pass margin. */
  readonly passAlpha: number;
  readonly passRho: number;
  readonly passDelta: number;
  /** Rate to stay under where there is no baseline arm; without it such minutes carry no evidence for a pass. */
  readonly passSlo: number | null;
  readonly passGrid: readonly number[];
  readonly passCapNats: number;
  /** Minutes of the step that must be in before a pass. */
  readonly minPassMinutes: number;
};

export const SEQUENTIAL_DEFAULTS: SequentialConfig = {
  alpha: 0.01,
  rho: 1,
  delta: 0.0005,
  slo: null,
  warmupMinutes: 0,
  warmupDelta: 0.05,
  grid: [1.1, 1.25, 1.5, 2.5, 5, 15, 100],
  capNats: 3,
  robust: [[1.5, 0.9]],
  fastWeight: 0.8,
  hazardFirst: 0.6,
  hazardStep: 0.2,
  hazardMinute: 0.02,
  phi: null,
  phiBlock: 15,
  phiMinErrors: 10,
  phiMinMinutes: 20,
  phiNoReference: 3,
  phiBurst: Number.POSITIVE_INFINITY,
  passAlpha: 0.05,
  passRho: 1,
  passDelta: 0.005,
  passSlo: null,
  passGrid: [0.05, 0.15, 0.35, 0.65, 0.9, 0.99],
  passCapNats: 1.5,
  minPassMinutes: 5,
};

/**
 * Settings made whole.
 *
 * @throws RangeError when a setting would void the stated error rate
 */
export function completeConfig(overrides: Partial<SequentialConfig>): SequentialConfig {
  const config = { ...SEQUENTIAL_DEFAULTS, ...overrides };
  const problem = RULES.find((rule) => !rule.holds(config));
  if (problem !== undefined) throw new RangeError(`the judge cannot keep its promise: ${problem.says}`);
  return config;
}

const within = (low: number, value: number, high: number): boolean => value >= low && value <= high;
const isProbability = (value: number): boolean => value > 0 && value < 1;

/** What a setting must satisfy for E to stay an e-process; anything else would silently void the stated rate. */
const RULES: readonly { readonly says: string; readonly holds: (config: SequentialConfig) => boolean }[] = [
  { says: "alpha must lie between 0 and 1", holds: (c) => isProbability(c.alpha) },
  { says: "passAlpha must lie between 0 and 1", holds: (c) => isProbability(c.passAlpha) },
  { says: "rho must be positive", holds: (c) => c.rho > 0 && c.passRho > 0 },
  { says: "a tolerated rate must not be negative", holds: (c) => Math.min(c.delta, c.slo ?? 0, c.warmupDelta) >= 0 },
  {
    says: "every ratio bet on must exceed 1",
    holds: (c) => [...c.grid, ...c.robust.map(([r]) => r)].every((r) => r > 1),
  },
  { says: "a slow bet's stake must lie between 0 and 1", holds: (c) => c.robust.every(([, g]) => isProbability(g)) },
  { says: "every pass bet must lie between 0 and 1", holds: (c) => c.passGrid.every(isProbability) },
  { says: "phi must be at least 1", holds: (c) => Math.min(c.phi ?? 1, c.phiNoReference, c.phiBurst) >= 1 },
  {
    says: "fastWeight and the hazards must lie within 0 and 1",
    holds: (c) => [c.fastWeight, c.hazardFirst, c.hazardStep, c.hazardMinute].every((share) => within(0, share, 1)),
  },
  { says: "a block needs two minutes", holds: (c) => c.phiBlock >= 2 },
];
