/** An error in the States Language's sense: a name that Retry and Catch match, and a cause for people. */
export class StatesError extends Error {
  readonly error: string;
  readonly why: string | undefined;

  constructor(error: string, why?: string) {
    super(why === undefined ? error : `${error}: ${why}`);
    this.name = "StatesError";
    this.error = error;
    this.why = why;
  }
}

/** A field of a state could not be evaluated; the state's name and event id are still to be put before the cause. */
export class EvaluationError extends StatesError {
  override readonly name = "EvaluationError";
}

/** Unwinds a line of control whose execution or branch is over; nothing may be recorded for it any more. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** For the end of a line's process: lets anything but Cancelled through, which has done its work by then. */
export function unlessCancelled(error: unknown): void {
  if (!(error instanceof Cancelled)) throw error;
}

/** An API error of the simulated service; `name` is the exception's name on the wire. */
export class SfnError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface Problem {
  /** Where in the definition, as `$.States['Ask'].Retry[0]`. */
  readonly path: string;
  readonly reason: string;
}

/** A definition that is wrong, or that uses what this interpreter does not implement. Lists every problem. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, reason }) => `${path}: ${reason}`).join("\n"));
    this.problems = problems;
  }
}
