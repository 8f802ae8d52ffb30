import type { Cell, Noise } from "./traffic.ts";

/** The experiments: traffic x baseline x effect x noise x bake. */
export type Experiment = { readonly cell: Cell; readonly effect: string; readonly share: number };

const TRAFFIC: readonly number[] = [60, 600, 6_000, 60_000];
const BASELINES: readonly number[] = [0.0005, 0.001, 0.005, 0.01];
const NOISES: readonly Noise[] = ["independent", "bursts", "rate noise"];

export const NONE = "none";
const EFFECTS: readonly { readonly name: string; readonly worsen: (rate: number) => number }[] = [
  { name: "+0.5pp", worsen: (rate) => rate + 0.005 },
  { name: "+1pp", worsen: (rate) => rate + 0.01 },
  { name: "+2pp", worsen: (rate) => rate + 0.02 },
  { name: "+5pp", worsen: (rate) => rate + 0.05 },
  { name: "x10", worsen: (rate) => rate * 10 },
];

/** A false rollback is rare, so that a good candidate takes more repetitions to measure; long bakes cost four times. */
const NULL_SHARE = { 15: 5, 60: 2 } as const;

/** Every cell, with its repetitions as a multiple of the usual number. */
export function experiments(): Experiment[] {
  return NOISES.flatMap((noise) =>
    ([15, 60] as const).flatMap((bakeMinutes) =>
      TRAFFIC.flatMap((requestsPerMinute) =>
        BASELINES.flatMap((baselineRate) => {
          const cell = { requestsPerMinute, baselineRate, noise, bakeMinutes, incident: false };
          const good = { cell: { ...cell, candidateRate: baselineRate }, effect: NONE, share: NULL_SHARE[bakeMinutes] };
          return [good, ...(isLongExtra(bakeMinutes, baselineRate) ? [] : effectsOf(cell))];
        }),
      ),
    ),
  ).concat(incidents());
}

/** Long bakes repeat the picture of the short ones: effects are measured there at two of the four baselines. */
const isLongExtra = (bakeMinutes: number, baselineRate: number): boolean =>
  bakeMinutes === 60 && (baselineRate === 0.0005 || baselineRate === 0.005);

function effectsOf(cell: Omit<Cell, "candidateRate">): Experiment[] {
  return EFFECTS.map(({ name, worsen }) => ({
    cell: { ...cell, candidateRate: worsen(cell.baselineRate) },
    effect: name,
    share: 1,
  }));
}

/** Good candidates through an incident that both arms share. */
function incidents(): Experiment[] {
  return TRAFFIC.flatMap((requestsPerMinute) =>
    [0.001, 0.01].map((rate) => ({
      cell: {
        requestsPerMinute,
        baselineRate: rate,
        candidateRate: rate,
        noise: "independent" as const,
        bakeMinutes: 15,
        incident: true,
      },
      effect: NONE,
      share: 5,
    })),
  );
}
