/** May the rollout start now: is it approved, and is the window open? If not, until when is it waited for; if never, why. */
import { EnvironmentInput } from "./domain/inputs.ts";
import type { Dependencies } from "./domain/ports.ts";
import { mayStart } from "./domain/promotion/await-window.ts";
import { step } from "./runtime/step.ts";

export const checkWindow =
  (deps: Dependencies) =>
  ({ promotionId, environment }: EnvironmentInput) =>
    mayStart(deps, promotionId, environment);

export const handler = step("check-window", EnvironmentInput, checkWindow);
