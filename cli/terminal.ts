/** The terminal at which a command was typed, and what is said of a command that goes wrong. */
import { parseArgs } from "node:util";
import { Terminal as Final, Transient } from "../functions/domain/errors.ts";
import { Unlocated } from "./outputs.ts";

export interface Terminal {
  readonly write: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether somebody sits at it and can be asked. */
  readonly interactive: boolean;
  /** Tells what is no answer, such as that it waits. */
  readonly note?: (text: string) => void;
  /** The stack that is meant, where one was named with `--stack`. */
  readonly stack?: string | undefined;
}

/** Something the caller left out: said, with how to give it. */
export class Missing extends Error {
  override readonly name = "Missing";
}

/** The value, where there is one. Throws `Missing` with how to give it. */
export function need(value: string | undefined, what: string): string {
  if (value === undefined || value === "") throw new Missing(what);
  return value;
}

/** Takes `--stack NAME` out of a command's words: every command here may have it. Throws what `parseArgs` throws. */
export function withoutStack(args: readonly string[]): { readonly stack: string | undefined; readonly rest: string[] } {
  const options = { stack: { type: "string" } } as const;
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true, options });
  const named = tokens.findLast((token) => token.kind === "option" && token.name === "stack");
  if (named?.kind !== "option") return { stack: undefined, rest: [...args] };
  const taken = named.inlineValue === true ? 1 : 2;
  return {
    stack: need(named.value, "--stack NAME, the stack of the Headgate that is meant"),
    rest: args.toSpliced(named.index, taken),
  };
}

/**
 * What went wrong, in a sentence for whoever typed the command, with its exit code: 2 something is missing, 4 AWS refused or
 * did not answer. Null: it is a mistake of ours, whose trace is wanted.
 */
export function explained(error: unknown): { readonly why: string; readonly code: 2 | 4 } | null {
  if (error instanceof Unlocated) return { why: error.message, code: 2 };
  if (error instanceof Transient || error instanceof Final) return { why: error.message, code: 4 };
  if (!(error instanceof Error) || error.name !== "CredentialsProviderError") return null;
  return { why: `no AWS credentials (${error.message}): \`aws sso login\`, or set AWS_PROFILE`, code: 2 };
}
