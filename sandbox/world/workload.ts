import type { Stream } from "../aws/traffic-source.ts";
import { Random } from "../chance/random.ts";
import { normal } from "../chance/samplers.ts";
import { behaviourOf, conductOf } from "./behaviour.ts";
import type { Scenario } from "./scenario.ts";
import type { ShareHistory } from "./shares.ts";

/** A direct call of a version, such as a probe. */
export interface Ask {
  readonly account: string;
  readonly functionName: string;
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  /** Names the call, so that its latency is its own. */
  readonly number: number;
}

/** What a version answered: JSON text, its duration in milliseconds, and whether it threw. */
export interface Answered {
  readonly payload: string;
  readonly ms: number;
  readonly error?: "Unhandled";
}

const respond = (statusCode: number, status: string, version: string): string =>
  JSON.stringify({ statusCode, body: JSON.stringify({ status, version }) });

/**
 * Answers direct calls of a workload's functions as the scenario says that their versions do. `historyOf` gives the
 * shares of the alias that the function is known by, which tell baseline from candidate.
 */
export const workloadOf =
  (scenario: Scenario, historyOf: (stream: Pick<Stream, "account" | "functionName">) => ShareHistory) =>
  ({ account, functionName, version, at, number }: Ask): Answered => {
    const stream = { account, functionName };
    const history = historyOf(stream);
    const probe = behaviourOf(scenario.behaviour, stream, version, history)?.probe ?? "healthy";
    const { latency } = conductOf(scenario, { stream, version, at, history, share: 0 });
    const random = Random.of(scenario.seed, "workload", functionName, version, number);
    const ms = Math.ceil(latency.median * Math.exp(latency.sigma * normal(random)));
    if (probe === "healthy") return { payload: respond(200, "healthy", version), ms };
    if (probe === "unhealthy") return { payload: respond(503, "unhealthy", version), ms };
    const payload = JSON.stringify({ errorType: "Error", errorMessage: `version ${version} cannot start` });
    return { payload, ms, error: "Unhandled" };
  };
