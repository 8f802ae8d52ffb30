/** Keeps the token of a state that waits. Whoever has something to say wakes it; its time-out ends it otherwise. */
import * as z from "zod";
import { EnvironmentInput } from "./domain/inputs.ts";
import type { Dependencies } from "./domain/ports.ts";
import { beginPause } from "./domain/promotion/begin-pause.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ pause: z.string().min(1), seconds: z.int().min(1), token: z.string().min(1) });

export const pause = (deps: Dependencies) => async (input: z.output<typeof Input>) => {
  await beginPause(deps, input);
  return { summary: `paused for at most ${input.seconds} s` };
};

export const handler = step("pause", Input, pause);
