import type { Cell, Incident, Noise, Wandering } from "./traffic.ts";

/** The experiments: traffic x baseline x effect x noise x bake. */
export type Experiment = { readonly cell: Cell; readonly effect: string; readonly share: number };

const TRAFFIC: readonly number[] = [60, 600, 6_000, 60_000];
const BASELINES: readonly number[] = [0.0005, 0.001, 0.005, 0.01];
const NOISES: readonly Noise[] = ["independent", "bursts", "rate noise"];

export const NONE = "none";
type Effect = { readonly name: string; readonly worsen: (rate: number) => number };
const EFFECTS: readonly Effect[] = [
  { name: "+0.5pp", worsen: (rate) => rate + 0.005 },
  { name: "+1pp", worsen: (rate) => rate + 0.01 },
  { name: "+2pp", worsen: (rate) => rate + 0.02 },
  { name: "+5pp", worsen: (rate) => rate + 0.05 },
  { name: "x10", worsen: (rate) => rate * 10 },
];

/** A false rollback is rare, so that a good candidate takes more repetitions to measure; long bakes cost four times. */
const NULL_SHARE = { 15: 5, 60: 2 } as const;

type Setting = Omit<Cell, "candidateRate">;

/** Every cell of `bench:judge`, with its repetitions as a multiple of the usual number. */
export function experiments(): Experiment[] {
  const usual = NOISES.flatMap((noise) =>
    ([15, 60] as const).flatMap((bakeMinutes) =>
      settings(TRAFFIC, BASELINES, noise, bakeMinutes).flatMap((setting) => {
        return [good(setting, NULL_SHARE[bakeMinutes]), ...(isLongExtra(setting) ? [] : bad(setting, EFFECTS))];
      }),
    ),
  );
  return [...usual, ...incidents(), ...wandering()];
}

/** Scenarios that a judge from outside is held to: fewer, and one of each kind. */
export function openExperiments(): Experiment[] {
  const effects = EFFECTS.filter(({ name }) => ["+1pp", "+5pp", "x10"].includes(name));
  const usual = NOISES.flatMap((noise) =>
    settings(TRAFFIC, [0.001, 0.01], noise, 15).flatMap((setting) => [good(setting, 5), ...bad(setting, effects)]),
  );
  const wander = { deviation: 0.5, minutes: 10 };
  const wanderers = settings(TRAFFIC, [0.001, 0.01], "wandering", 15, wander).flatMap((setting) => [
    good(setting, 5),
    ...bad(setting, effects),
  ]);
  return [...usual, ...wanderers, ...incidents()];
}

function settings(
  traffic: readonly number[],
  baselines: readonly number[],
  noise: Noise,
  bakeMinutes: number,
  wander: Wandering | null = null,
): Setting[] {
  return traffic.flatMap((requestsPerMinute) =>
    baselines.map((baselineRate) => ({ requestsPerMinute, baselineRate, noise, bakeMinutes, incident: null, wander })),
  );
}

const good = (setting: Setting, share: number): Experiment => ({
  cell: { ...setting, candidateRate: setting.baselineRate },
  effect: NONE,
  share,
});

const bad = (setting: Setting, effects: readonly Effect[]): Experiment[] =>
  effects.map(({ name, worsen }) => ({
    cell: { ...setting, candidateRate: worsen(setting.baselineRate) },
    effect: name,
    share: 1,
  }));

/** Long bakes repeat the picture of the short ones: effects are measured there at two of the four baselines. */
const isLongExtra = ({ bakeMinutes, baselineRate }: Setting): boolean =>
  bakeMinutes === 60 && (baselineRate === 0.0005 || baselineRate === 0.005);

/** From the first step into the second, and within the second alone. */
const ACROSS: Incident = { from: 10, until: 20 };
export const AT_25: Incident = { from: 20, until: 26 };

/** Good candidates through an incident that both arms share. */
function incidents(): Experiment[] {
  return [ACROSS, AT_25].flatMap((incident) =>
    settings(TRAFFIC, [0.001, 0.01], "independent", 15).map((setting) => good({ ...setting, incident }, 5)),
  );
}

/** Noise of one arm that outlasts a minute, and the same noise of both at once. */
function wandering(): Experiment[] {
  const kinds = [0.25, 0.5].flatMap((deviation) => [3, 10, 30].map((minutes) => ({ deviation, minutes })));
  const own = kinds.flatMap((wander) =>
    settings(TRAFFIC.slice(1), [0.001, 0.01], "wandering", 15, wander).map((setting) => good(setting, 5)),
  );
  const typical = { deviation: 0.5, minutes: 10 };
  const caught = (["wandering", "shared drift"] as const).flatMap((noise) =>
    settings(TRAFFIC.slice(1), [0.001, 0.01], noise, 15, typical).flatMap((setting) => [
      ...(noise === "shared drift" ? [good(setting, 5)] : []),
      ...bad(setting, EFFECTS),
    ]),
  );
  return [...own, ...caught];
}
