/**
 * Every error that a handler may throw. The class name is what Step Functions sees and what `Retry` and `Catch` name,
 * so whether an error is worth another try is decided here, where it is thrown, and nowhere else.
 *
 * An outcome (rejected, expired, rolled back) is never an error: it travels as data.
 */

/** Another try can succeed: throttling, 5xx, a lost connection, a resource that is still changing. */
export class Transient extends Error {}

/** No number of tries helps: a person has to change something. */
export class Terminal extends Error {}

/** AWS throttled, answered 5xx or did not answer in time, after the SDK's own retries. */
export class ServiceTrouble extends Transient {
  override readonly name = "ServiceTrouble";
}

/** A resource is still changing (a function update in progress, say); ask again later. */
export class NotReady extends Transient {
  override readonly name = "NotReady";
}

/** Too little time is left in this invocation to do the next step safely; the next one goes on from the journal. */
export class OutOfTime extends Transient {
  override readonly name = "OutOfTime";
}

/** Somebody else wrote the same ledger items at the same instant, again and again. */
export class LedgerBusy extends Transient {
  override readonly name = "LedgerBusy";
}

/** AWS refused the call for good: access denied, no such resource, invalid value. */
export class CallRefused extends Terminal {
  override readonly name = "CallRefused";
}

/** The ledger does not hold what the protocol says it must; going on would be guessing. */
export class BrokenRecord extends Terminal {
  override readonly name = "BrokenRecord";
}

/** The handler was given an input that no machine of ours sends. */
export class BadInput extends Terminal {
  override readonly name = "BadInput";
}

/** What is about to be made is not what people approved: the plan, or what they were asked about, was changed since. */
export class NotAsApproved extends Terminal {
  override readonly name = "NotAsApproved";
}

/** Names for the machines' `Retry`: see `statemachine/`. */
export const TRANSIENT_ERRORS = ["ServiceTrouble", "NotReady", "OutOfTime", "LedgerBusy"] as const;

/** Names for the machines' `Catch`. */
export const TERMINAL_ERRORS = ["CallRefused", "BrokenRecord", "BadInput", "NotAsApproved"] as const;
