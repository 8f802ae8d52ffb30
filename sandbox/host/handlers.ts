/** Every handler that is deployed, by the name of its step: one for each row of the table of functions. */

import type { Step } from "../../functions/runtime/step.ts";
import { FUNCTIONS } from "../../infra/functions.ts";

/** The handler in `functions/<name>.ts`, as Lambda would load it. Throws where the file exports none. */
async function handlerOf(name: string): Promise<Step<unknown>> {
  const module: { readonly handler?: Step<unknown> } = await import(`../../functions/${name}.ts`);
  if (module.handler === undefined) throw new TypeError(`functions/${name}.ts exports no handler`);
  return module.handler;
}

export const HANDLERS: ReadonlyMap<string, Step<unknown>> = new Map(
  await Promise.all(FUNCTIONS.map(async ({ name }) => [name, await handlerOf(name)] as const)),
);
