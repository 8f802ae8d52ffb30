/**
 * Lets several calls run against one world, one operation at a time, in an order that the test chooses: each operation of
 * ledger, target and clock is a turn, and so is the moment between a write's effect and its answer.
 */
import type { Dependencies, Target, TrafficTarget } from "../../functions/domain/ports.ts";
import type { World } from "./deps.ts";

interface Parked {
  readonly actor: number;
  readonly due: number;
  readonly what: string;
  go(): void;
}

/** All microtasks that are ready, and those that they make ready. */
const drained = () => new Promise<void>((resolve) => setImmediate(resolve));

export type Actor = (deps: Dependencies) => Promise<unknown>;

export interface RaceResult {
  /** What became of each call, in order; null: it was cut off. */
  readonly results: (PromiseSettledResult<unknown> | null)[];
  /** Whose turn it was, and what for. */
  readonly turns: string[];
}

/** Names one of so many options: the actors that are ready, in order, and, last, that time goes on to the next sleeper. */
export type Choose = (
  options: number,
  who: { readonly ready: readonly number[]; readonly asleep: readonly number[] },
) => number;

/** Plays a race to its end, in the order that is chosen. `cutOff` stops an actor for good at so many turns, like a crash. */
export async function race(
  world: World,
  choose: Choose,
  actors: readonly Actor[],
  cutOff: Readonly<Record<number, number>> = {},
): Promise<RaceResult> {
  const parked: Parked[] = [];
  const results: (PromiseSettledResult<unknown> | null)[] = actors.map(() => null);
  const turns: string[] = [];
  const taken = actors.map(() => 0);
  const over = new Set<number>();
  const start = (actor: Actor, index: number) =>
    actor(turnwise(world, index, parked)).then(
      (value) => settle(index, { status: "fulfilled", value }),
      (reason: unknown) => settle(index, { status: "rejected", reason }),
    );
  const settle = (index: number, result: PromiseSettledResult<unknown>) => {
    results[index] = result;
    over.add(index);
  };
  for (const [index, actor] of actors.entries()) void start(actor, index);
  await drained();
  while (over.size < actors.length) {
    const alive = parked.filter(({ actor }) => !over.has(actor));
    const ready = alive.filter(({ due }) => due <= world.clock.now()).sort((a, b) => a.actor - b.actor);
    const later = alive.filter(({ due }) => due > world.clock.now());
    const options = ready.length + (later.length > 0 ? 1 : 0);
    if (options === 0) throw new Error(`nobody can go on after ${turns.join(", ")}`);
    const next = ready[choose(options, { ready: ready.map(actorOf), asleep: later.map(actorOf) })];
    if (next === undefined) world.clock.advanceTo(Math.min(...later.map(({ due }) => due)));
    else if ((taken[next.actor] ?? 0) >= (cutOff[next.actor] ?? Number.POSITIVE_INFINITY)) over.add(next.actor);
    else {
      parked.splice(parked.indexOf(next), 1);
      taken[next.actor] = (taken[next.actor] ?? 0) + 1;
      turns.push(`${next.actor} ${next.what}`);
      next.go();
    }
    await drained();
  }
  return { results, turns };
}

const actorOf = ({ actor }: Parked) => actor;

function turnwise(world: World, actor: number, parked: Parked[]): Dependencies {
  const { deps, clock } = world;
  const turn = (what: string, due = Number.NEGATIVE_INFINITY) =>
    new Promise<void>((resolve) => parked.push({ actor, due, what, go: resolve }));
  return {
    ...deps,
    ledger: {
      read: (key) => turn(`reads ${key.sk}`).then(() => deps.ledger.read(key)),
      readAll: (keys) => turn(`reads ${keys.length} items`).then(() => deps.ledger.readAll(keys)),
      list: (pk, prefix) => turn(`lists ${prefix}`).then(() => deps.ledger.list(pk, prefix)),
      write: (changes) => turn(`writes ${changes.length} items`).then(() => deps.ledger.write(changes)),
    },
    clock: { now: () => clock.now(), sleep: (ms) => turn(`sleeps ${ms} ms`, clock.now() + ms) },
    target: (place, plan) => turnwiseTarget(deps.target(place, plan), turn),
  };
}

function turnwiseTarget(target: Target, turn: (what: string) => Promise<void>): Target {
  const { traffic, plan } = target;
  const slow: TrafficTarget = {
    readBack: traffic.readBack,
    read: () => turn(`looks at ${plan.name}`).then(() => traffic.read()),
    write: async (change) => {
      await turn(`moves ${plan.name}`);
      try {
        await traffic.write(change);
      } finally {
        await turn(`hears from ${plan.name}`);
      }
    },
    obstacles: (candidate) => traffic.obstacles(candidate),
  };
  return { ...target, traffic: slow };
}

/** A chooser that takes what fast-check's stream says; time goes on as often as any one actor does. */
export function chosenBy(stream: Iterator<number>): Choose {
  return (options) => Number(stream.next().value ?? 0) % options;
}

/**
 * The first actor goes so many turns, then the second so many, then the first to its end, then whoever is left: each
 * parks at one place for as long as the other likes. Time goes on when whose turn it is sleeps.
 */
export function parking(first: number, second: number): Choose {
  const phases = [
    { actor: 0, turns: first },
    { actor: 1, turns: second },
    { actor: 0, turns: Number.POSITIVE_INFINITY },
  ];
  return (options, { ready, asleep }) => {
    for (const phase of phases) {
      const index = ready.indexOf(phase.actor);
      if (phase.turns <= 0 || (index < 0 && !asleep.includes(phase.actor))) continue;
      if (index < 0) return options - 1;
      phase.turns -= 1;
      return index;
    }
    return 0;
  };
}

/** Orders in which one of two actors parks for long: the first at every turn, the second at some or never. */
export function parkings(turns: number): Choose[] {
  const places = Array.from({ length: turns }, (_, index) => index);
  return places.flatMap((first) => [5, 15, Number.POSITIVE_INFINITY].map((second) => parking(first, second)));
}
