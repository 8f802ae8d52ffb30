/** How the making of the candidates ended, as the machine hands it on. */
import * as z from "zod";
import { ErrorInput, reasonOf } from "../inputs.ts";

/** One of each target; the error is `none` where its candidate is there. */
export const Made = z.array(z.looseObject({ target: z.string(), error: ErrorInput }));

/** What went wrong, target by target; null: nothing. */
export function whyNotMade(made: z.output<typeof Made>): string | null {
  const broken = made.flatMap(({ target, error }) => {
    const reason = reasonOf(error);
    return reason === null ? [] : [`the candidate of ${target} could not be made: ${reason}`];
  });
  return broken.length === 0 ? null : broken.join("; ");
}
