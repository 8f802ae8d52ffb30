/** The child executions of an environment, by names that a second try finds again. */
import { monitorsBeside } from "../holdback.ts";
import { executionName } from "../inputs.ts";
import type { EnvironmentPlan } from "../plan.ts";
import type { Hash } from "../ports.ts";

/** A child that is started again under the next number when it has taken on its share. */
export interface Child {
  readonly asked: boolean;
  readonly name: string;
  readonly chunk: number;
}

export interface Children {
  readonly approval: Child;
  readonly rolloutName: string;
  readonly monitor: Child;
}

/** `plan` null: there is no environment to enter, and nothing is asked for. */
export function childrenOf(
  hash: Hash,
  promotionId: string,
  environment: string,
  plan: EnvironmentPlan | null,
): Children {
  const name = (part: string) => executionName(hash, promotionId, environment, part);
  const asksBefore = plan?.approvals.some(({ when }) => when === "before") ?? false;
  return {
    approval: { asked: asksBefore, name: name("approval"), chunk: 1 },
    rolloutName: name("rollout"),
    // Beside a baseline the rollout watches it, and finishes then.
    monitor: { asked: plan?.monitor != null && !monitorsBeside(plan), name: name("monitor"), chunk: 1 },
  };
}

/** Name of the execution that queues after the promotion has come to the lock for the `turn`-th time. */
export const queueName = (hash: Hash, promotionId: string, environment: string, turn: number) =>
  executionName(hash, promotionId, environment, "queue", turn);

/** Name of the execution that goes on waiting for the approval; the first is `childrenOf`'s. */
export const approvalName = (hash: Hash, promotionId: string, environment: string, chunk: number) =>
  executionName(hash, promotionId, environment, "approval", chunk);

/** More parts than a year of waiting takes, in one round of asking. */
const PARTS_A_ROUND = 10_000;

/**
 * The execution in which people are asked anew after the round of this generation. A generation is handed out once, so
 * that its parts have numbers that no other round's have.
 */
export function askedAnew(hash: Hash, promotionId: string, environment: string, generation: number): Child {
  const chunk = (generation + 1) * PARTS_A_ROUND;
  return { asked: true, name: approvalName(hash, promotionId, environment, chunk), chunk };
}
