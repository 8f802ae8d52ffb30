/**
 * What a rollout comes by only where targets move by themselves. No kind of the product does yet; `self-driving.test.ts` of
 * the sandbox comes by all of it with a kind of the tests' own. The first real one has to bring a plan and a story along,
 * since nothing is left out from then on.
 */
import { everyKind } from "../../functions/targets/kinds.ts";

export const DRIVE_STATES = ["Start drive", "Started?", "Follow drive", "Followed?"];
export const DRIVE_FUNCTIONS = ["start-drive", "follow-drive"];

const isReal = everyKind().some(({ drive }) => drive === "self-driving");

/** Whether no plan and no story can come by a state of the rollout, or by a function. */
export const isUntold = (name: string): boolean => !isReal && [...DRIVE_STATES, ...DRIVE_FUNCTIONS].includes(name);
