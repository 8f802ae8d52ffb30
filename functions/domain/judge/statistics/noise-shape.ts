/**
 * How much of a series' noise belongs to single requests and how much to its minutes. The two look alike at one traffic;
 * they part where traffic changes over the day:
 *
 *     dispersion of errors in a block  =  clump + wander * requests     (errors in clumps, and a rate that wanders)
 *     variance of a value in a block   =  wander + grain / requests     (a level that wanders, and few samples)
 *
 * Fitted by least squares over blocks of 15 periods with their own mean. Where traffic hardly changes, all of it is taken
 * for the part that a small arm has in full: the cautious reading.
 */

const BLOCK = 15;
/** Traffic that spreads less than this (standard deviation over mean of its regressor) cannot tell the parts from each other. */
const TELLING_SPREAD = 0.2;

export interface Counted {
  readonly requests: number;
  readonly bad: number;
}

/** `clump`: dispersion of errors that no smaller arm is spared, at least 1. `wander`: what each request more adds to it. */
export interface RateNoise {
  readonly clump: number;
  readonly wander: number;
}

export function rateNoise(periods: readonly (Counted | null)[]): RateNoise {
  const blocks = blocksOf(periods).flatMap((block) => dispersionOf(block) ?? []);
  const { intercept, slope } = line(blocks);
  if (slope <= 0) return { clump: Math.max(1, mean(blocks)), wander: 0 };
  if (intercept >= 1) return { clump: intercept, wander: slope };
  const through = blocks.map(({ x, y, weight }) => ({ x, y: y - 1, weight }));
  return { clump: 1, wander: Math.max(0, ratio(through)) };
}

/** `grain`: variance of a value over one sample. `wander`: variance that no number of samples takes away. */
export interface ValueNoise {
  readonly grain: number;
  readonly wander: number;
}

export interface Valued {
  readonly samples: number;
  readonly value: number;
}

export function valueNoise(periods: readonly (Valued | null)[]): ValueNoise {
  const blocks = blocksOf(periods).flatMap((block) => varianceOf(block) ?? []);
  const { intercept, slope, tells } = line(blocks);
  if (!tells || intercept <= 0) return { grain: Math.max(0, ratio(blocks)), wander: 0 };
  if (slope <= 0) return { grain: 0, wander: mean(blocks) };
  return { grain: slope, wander: intercept };
}

interface Block {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

function blocksOf<T>(periods: readonly (T | null)[]): T[][] {
  const blocks: T[][] = [];
  for (let start = 0; start < periods.length; start += BLOCK) {
    const block = periods.slice(start, start + BLOCK).filter((one) => one !== null);
    if (block.length >= BLOCK / 2) blocks.push(block);
  }
  return blocks;
}

/** As `estimateDispersion` has it, block by block; weighted by errors, without which nothing can be seen. */
function dispersionOf(block: readonly Counted[]): Block | null {
  const requests = block.reduce((sum, one) => sum + one.requests, 0);
  const bad = block.reduce((sum, one) => sum + one.bad, 0);
  if (bad === 0 || bad >= requests) return null;
  const p = bad / requests;
  const squares = block.reduce((sum, one) => {
    const variance = one.requests * p * (1 - p);
    return variance === 0 ? sum : sum + (one.bad - one.requests * p) ** 2 / variance;
  }, 0);
  return { x: requests / block.length, y: squares / (block.length - 1), weight: bad };
}

function varianceOf(block: readonly Valued[]): Block | null {
  if (block.some(({ samples }) => samples <= 0)) return null;
  const centre = block.reduce((sum, { value }) => sum + value, 0) / block.length;
  const squares = block.reduce((sum, { value }) => sum + (value - centre) ** 2, 0);
  const x = block.reduce((sum, { samples }) => sum + 1 / samples, 0) / block.length;
  return { x, y: squares / (block.length - 1), weight: 1 };
}

const total = (blocks: readonly Block[], of: (block: Block) => number): number =>
  blocks.reduce((sum, block) => sum + block.weight * of(block), 0);

const mean = (blocks: readonly Block[]): number => {
  const weight = total(blocks, () => 1);
  return weight === 0 ? 0 : total(blocks, ({ y }) => y) / weight;
};

/** Slope of the line through the origin that has the blocks' mean. */
const ratio = (blocks: readonly Block[]): number => {
  const x = total(blocks, (block) => block.x);
  return x === 0 ? 0 : total(blocks, ({ y }) => y) / x;
};

function line(blocks: readonly Block[]): {
  readonly intercept: number;
  readonly slope: number;
  readonly tells: boolean;
} {
  const weight = total(blocks, () => 1);
  if (weight === 0) return { intercept: 0, slope: 0, tells: false };
  const x = total(blocks, (block) => block.x) / weight;
  const y = total(blocks, (block) => block.y) / weight;
  const spread = total(blocks, (block) => (block.x - x) ** 2) / weight;
  if (Math.sqrt(spread) < TELLING_SPREAD * x) return { intercept: y, slope: 0, tells: false };
  const slope = total(blocks, (block) => (block.x - x) * (block.y - y)) / weight / spread;
  return { intercept: y - slope * x, slope, tells: true };
}
