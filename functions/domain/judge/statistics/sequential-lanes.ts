/**
 * The bets of one minute, and how much the traffic's own noise should temper them.
 *
 * Every function here is a factor (or its logarithm) whose expectation is at most 1 while the candidate is no worse than
 * tolerated; `sequential.ts` multiplies them up. Sources: Lindon & Malek, "Anytime-valid inference for multinomial
 * count data" (NeurIPS 2022, arXiv 2011.03567) for the conditional-binomial likelihood ratio; Waudby-Smith & Ramdas,
 * "Estimating means of bounded random variables by betting" (JRSS-B 2023), for the betting form that carries a margin.
 */

/**
 * What one arm did in one minute. `errors` are whatever the metric counts as bad: failed requests, throttled ones, or
 * requests slower than a threshold (see `sequential-latency.ts`).
 */
export type ArmCounts = {
  readonly requests: number;
  readonly errors: number;
  /** For durations as a distribution: requests slower than each bound; see `duration-lanes.ts`. */
  readonly slower?: readonly number[];
};

/** An arm without traffic: it carries no evidence, and is not the same as no arm at all (`null`). */
export const SILENT: ArmCounts = { requests: 0, errors: 0 };

/** Counts made usable: requests that are no positive number count as none, errors are held within [0, requests]. */
export function cleanCounts(counts: ArmCounts | null): ArmCounts {
  if (counts === null || !Number.isFinite(counts.requests) || counts.requests <= 0) return SILENT;
  const errors = Number.isFinite(counts.errors) ? counts.errors : 0;
  return { requests: counts.requests, errors: Math.min(Math.max(errors, 0), counts.requests) };
}

/**
 * ln of the bet that the candidate fails `ratio` times as often as tolerated. Two arms:
 *
 *     th  = rho*n_c / (rho*n_c + n_b)               the canary's share of all errors at the boundary (delta 0)
 *     lam = (ratio-1)(1-th) / (1 + th(ratio-1))
 *     l   = x_c ln(ratio) - (x_c+x_b) ln(1 + th(ratio-1)) - lam*n_c*delta
 *
 * which equals x_c ln(1+lam) + x_b ln(1 - lam*rho*n_c/n_b) - lam*n_c*delta. With 1+u <= e^u its expectation gives
 * ln E[e^l] <= lam*n_c*(p_c - rho*p_b - delta), which is <= 0 for any rates, any drift and any split of a good canary.
 * Without a baseline arm (`null`) th is 0 and `delta` is the tolerated rate itself: l = x ln(ratio) - (ratio-1)*n*delta.
 *
 * Both arms must have traffic; `delta` is a fraction of requests, not points.
 */
export function logFactor(
  canary: ArmCounts,
  baseline: ArmCounts | null,
  ratio: number,
  rho: number,
  delta: number,
): number {
  const { growth, stake } = betOn(canary, baseline, ratio, rho);
  const errors = canary.errors + (baseline?.errors ?? 0);
  return canary.errors * Math.log(ratio) - errors * Math.log(growth) - stake * canary.requests * delta;
}

/** `stake` is the lam of `logFactor`, `growth` is 1 + th(ratio-1). */
function betOn(
  { requests }: ArmCounts,
  baseline: ArmCounts | null,
  ratio: number,
  rho: number,
): { readonly growth: number; readonly stake: number } {
  const share = baseline === null ? 0 : (rho * requests) / (rho * requests + baseline.requests);
  const growth = 1 + share * (ratio - 1);
  return { growth, stake: ((ratio - 1) * (1 - share)) / growth };
}

/**
 * The slow bet that survives any burst: f = 1-g + g*max(0, min(e, 2-e')), with e the untempered bet of `logFactor` and
 * e' what lam wins and loses after the arms have swapped their error rates, with k = n_c/n_b:
 *
 *     e' = (1+lam)^(k x_b) (1-lam k)^(x_c/k)
 *
 * rho is in lam alone. f <= 1-g + g*e, so f is fair for independent requests whatever rho is. For rho of 1 or more, and
 * rates u and v, f(u,v) + f(v,u) <= 2, so f is fair too when the two arms' observed rates are exchangeable, however bursty.
 * A minute multiplies by at most 1+g. `stake` is g.
 */
export function robustFactor(
  canary: ArmCounts,
  baseline: ArmCounts,
  ratio: number,
  rho: number,
  delta: number,
  stake: number,
): number {
  const bet = Math.exp(logFactor(canary, baseline, ratio, rho, delta));
  const swapped = Math.exp(logSwapped(canary, baseline, betOn(canary, baseline, ratio, rho).stake));
  return 1 - stake + stake * Math.max(0, Math.min(bet, 2 - swapped));
}

/** ln e'. A lam above 1/k, which only a rho below 1 allows, can lose all: one error of the candidate's makes it nothing. */
function logSwapped(canary: ArmCounts, baseline: ArmCounts, lam: number): number {
  const split = canary.requests / baseline.requests;
  const won = baseline.errors * split * Math.log1p(lam);
  if (canary.errors === 0) return won;
  return won + (canary.errors / split) * Math.log1p(-Math.min(1, lam * split));
}

/**
 * ln of the opposite bet, that the candidate is better than the pass margin: against p_c >= rho*p_b + delta,
 *
 *     l' = x_c ln(1-lam) + x_b ln(1 + lam*rho*n_c/n_b) + lam*n_c*delta,   0 < lam < 1
 *
 * and without a baseline arm x_c ln(1-lam) + lam*n_c*delta. With no error anywhere it grows by lam*n_c*delta, so a pass
 * at 5 % takes about n_c*delta = 5: 1,000 canary requests for half a point.
 */
export function logPassFactor(
  canary: ArmCounts,
  baseline: ArmCounts | null,
  stake: number,
  rho: number,
  delta: number,
): number {
  const own = canary.errors * Math.log(1 - stake) + stake * canary.requests * delta;
  if (baseline === null) return own;
  return own + baseline.errors * Math.log1p((stake * rho * canary.requests) / baseline.requests);
}

/** How much more the old version's errors vary from minute to minute than independent requests would. */
export type Dispersion = {
  /** Variance over binomial variance, at least 1. */
  readonly phi: number;
  /** Mean requests a minute where `phi` was measured; 0 when there was no traffic. */
  readonly requestsPerMinute: number;
};

export type DispersionConfig = {
  /** Minutes in a block; the rate may differ from block to block (daily rhythm) without counting as noise. */
  readonly phiBlock: number;
  /** With fewer errors than this in the reference phi is not estimated. */
  readonly phiMinErrors: number;
  /** With fewer degrees of freedom than this phi is not estimated. */
  readonly phiMinMinutes: number;
  /** Stands in for phi when the reference says too little. */
  readonly phiNoReference: number;
};

/**
 * Overdispersion of the baseline before the release, from up to 24 h of its minutes. Each block has its own rate p and
 * phi_b = sum((x-np)^2 / (np(1-p))) / (T-1); blocks are averaged by their errors, since those say most. Blocks without
 * an error, without a success or of a single minute say nothing about variance and are left out.
 */
export function estimateDispersion(reference: readonly (ArmCounts | null)[], config: DispersionConfig): Dispersion {
  const minutes = reference.map(cleanCounts).filter((minute) => minute.requests > 0);
  let weighted = 0;
  let errors = 0;
  let degrees = 0;
  for (let start = 0; start < minutes.length; start += config.phiBlock) {
    const block = blockDispersion(minutes.slice(start, start + config.phiBlock));
    weighted += block.errors * block.phi;
    errors += block.errors;
    degrees += block.degrees;
  }
  const enough = errors > 0 && errors >= config.phiMinErrors && degrees >= config.phiMinMinutes;
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  return {
    phi: enough ? Math.max(1, weighted / errors) : config.phiNoReference,
    requestsPerMinute: minutes.length === 0 ? 0 : requests / minutes.length,
  };
}

function blockDispersion(block: readonly ArmCounts[]): { phi: number; errors: number; degrees: number } {
  const requests = block.reduce((sum, minute) => sum + minute.requests, 0);
  const errors = block.reduce((sum, minute) => sum + minute.errors, 0);
  const rate = errors / requests;
  if (block.length < 2 || errors === 0 || errors === requests) return { phi: 0, errors: 0, degrees: 0 };
  let squares = 0;
  for (const minute of block) {
    const expected = minute.requests * rate;
    squares += (minute.errors - expected) ** 2 / (expected * (1 - rate));
  }
  return { phi: squares / (block.length - 1), errors, degrees: block.length - 1 };
}

/**
 * The phi that tempers this minute, and no more than its requests allow: of n that all fail alike or not at all the errors
 * vary n times as much as independent ones would, Var(x) <= n * np(1-p) for any x within [0, n]. At a request a minute
 * there is no burst within one, whatever a reference too thin to tell leaves to `phiNoReference`.
 */
export function temper(dispersion: Dispersion, burst: number, canary: ArmCounts, baseline: ArmCounts | null): number {
  const allAlike = Math.max(1, canary.requests, baseline?.requests ?? 0);
  return Math.min(allAlike, measured(dispersion, burst, canary, baseline));
}

/**
 * Plainly the measured one; with a finite `burst`, what is measured above it is taken for noise of the rate, which shrinks
 * with an arm's traffic:
 * phi_t = (1-q)(burst + s*n_c) + q(burst + s*n_b), s = (phi-burst)/n_ref, q = n_c/(n_c+n_b).
 * Faster where traffic is high, but not proved: real bursts larger than `burst` raise the false rollbacks.
 */
function measured(dispersion: Dispersion, burst: number, canary: ArmCounts, baseline: ArmCounts | null): number {
  const { phi, requestsPerMinute } = dispersion;
  if (phi <= burst || requestsPerMinute === 0) return phi;
  const slope = (phi - burst) / requestsPerMinute;
  if (baseline === null) return burst + slope * canary.requests;
  const share = canary.requests / (canary.requests + baseline.requests);
  return burst + slope * ((1 - share) * canary.requests + share * baseline.requests);
}
