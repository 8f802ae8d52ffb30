/** Ways to notice an incident and to bring traffic back: three are played, two are worked out from the same instants. */
import { type Played, play } from "./play.ts";
import type { Guards, Incident, Weather } from "./world.ts";

/** What nobody documents of CodeDeploy, in seconds. */
export interface CodeDeploy {
  /** How often it asks for the alarms' states; it is taken to notice half of that after the change, the mean. */
  readonly pollEvery: number;
  /** A rollback is a new deployment: from the stop of the first to the alias on its old version. */
  readonly deploymentTakes: number;
}

export interface Assumptions {
  readonly weather: Weather;
  readonly codeDeploy: CodeDeploy;
}

export const USUAL: Assumptions = {
  weather: { figuresAfter: 60, eventAfter: 3, datapoints: 1 },
  codeDeploy: { pollEvery: 30, deploymentTakes: 10 },
};

/** Seconds from the first request that may fail until the last one that the candidate gets. */
export interface Times {
  /** Until the alarm is red: nobody who waits for it can be sooner. */
  readonly red: number;
  readonly alarmPath: number;
  readonly polling: number;
  readonly judge: number;
  readonly codeDeploy: number;
  readonly endOfBake: number;
}

/** By what is played, so that no world is run twice. */
const played = new Map<string, Promise<Played>>();

/** Throws what `play` throws, and an Error when the alarm never turned red. */
export async function timesOf(incident: Incident, { weather, codeDeploy }: Assumptions): Promise<Times> {
  const alarmed = await known(incident, weather, { alarm: true, judge: false });
  const polled = await known(incident, { ...weather, eventAfter: null }, { alarm: true, judge: false });
  // The judge waits for no alarm, so that one world serves for all of them.
  const judged = await known(incident, { ...USUAL.weather, figuresAfter: weather.figuresAfter }, JUDGE_ALONE);
  if (alarmed.redAt === null) throw new Error(`the alarm of incident ${incident.seed} never turned red`);
  const since = (at: number) => (at - alarmed.badAt) / 1_000;
  const red = since(alarmed.redAt);
  return {
    red,
    alarmPath: since(alarmed.safeAt),
    polling: since(polled.safeAt),
    judge: since(judged.safeAt),
    codeDeploy: red + codeDeploy.pollEvery / 2 + codeDeploy.deploymentTakes,
    endOfBake: since(alarmed.bakeEndsAt),
  };
}

const JUDGE_ALONE: Guards = { alarm: false, judge: true };

function known(incident: Incident, weather: Weather, guards: Guards): Promise<Played> {
  const key = JSON.stringify([incident, weather, guards]);
  const found = played.get(key) ?? play(incident, weather, guards);
  played.set(key, found);
  return found;
}
