/** From values to places on a chart, and back to numbers that people like to read. */

export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Place of a value; values outside are held at the edge. */
  at(value: number): number;
}

/** A linear scale; a domain without extent gets one, so that a single value stands in the middle. */
export function linear([low, high]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  const [from, to] = high > low ? [low, high] : [low - 1, low + 1];
  return {
    from,
    to,
    at: (value) => start + ((Math.min(Math.max(value, from), to) - from) / (to - from)) * (end - start),
  };
}

/** The step 1, 2 or 5 x 10^n that cuts `extent` into about `wanted` parts. */
function niceStep(extent: number, wanted: number): number {
  const raw = extent / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((one) => one * power >= raw * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Round numbers from below `low` to above `high`. */
export function niceTicks(low: number, high: number, wanted = 4): number[] {
  const extent = high > low ? high - low : Math.max(1, Math.abs(high));
  const step = niceStep(extent, wanted);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

const TIME_STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 14_400, 43_200] as const;

/** Instants (epoch ms) on round UTC times, about `wanted` of them within [from, to]. */
export function timeTicks(from: number, to: number, wanted = 5): number[] {
  const minutes = (to - from) / 60_000;
  const step = (TIME_STEPS_MINUTES.find((one) => minutes / one <= wanted) ?? 43_200) * 60_000;
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

/** `20:15`, or `26 Nov` where the ticks are days apart; UTC. */
export function timeLabel(at: number, stepMs: number): string {
  const iso = new Date(at).toISOString();
  if (stepMs < 86_400_000) return iso.slice(11, 16);
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  return `${Number(iso.slice(8, 10))} ${month[Number(iso.slice(5, 7)) - 1] ?? ""}`;
}

/** At most four significant digits, and thousands as `12k`. */
export function numberLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${Number((value / 1_000).toPrecision(4))}k`;
  return String(Number(value.toPrecision(4)));
}

/** A coordinate as SVG wants it, to a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
