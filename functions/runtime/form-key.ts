import { createHmac } from "node:crypto";
import { CallRefused } from "../domain/errors.ts";
import { type Clock, Conflict, type Entropy, type Key, type Ledger, type Sign } from "../domain/ports.ts";
import { type Host, keep } from "./host.ts";

/**
 * The key of forms' signatures lies in the ledger, not in a secrets store: that saves a service, a client and a grant
 * in each deployment, and the rehearsal needs nothing new. The price is that the table's readers have to be kept from
 * it: the table is encrypted with a KMS key, and policies give this partition, by `dynamodb:LeadingKeys`, to those
 * functions alone that make links or check them. It signs forms against forgery; deciding still takes a link that was
 * mailed to the approver.
 */
export const FORM_KEY: Key = { pk: "SECRET", sk: "FORM" };

const KEY_BYTES = 32;

/** How long a key is believed, in milliseconds: a key that was replaced is in use everywhere after this. */
const KEPT_MS = 5 * 60_000;

interface Held {
  key: string;
  until: number;
}

/** HMAC-SHA-256 with the deployment's own key, which is made at its first use. */
export function formSigner(host: Pick<Host, "kept" | "clock" | "entropy">, ledger: Ledger): Sign {
  return async (text) => {
    const key = await currentKey(host, ledger);
    return createHmac("sha256", Buffer.from(key, "hex")).update(text).digest("hex");
  };
}

async function currentKey(host: Pick<Host, "kept" | "clock" | "entropy">, ledger: Ledger): Promise<string> {
  const held = keep<Held>(host, "form key", () => ({ key: "", until: Number.NEGATIVE_INFINITY }));
  if (host.clock.now() < held.until) return held.key;
  held.key = (await readKey(ledger)) ?? (await makeKey(host, ledger));
  held.until = host.clock.now() + KEPT_MS;
  return held.key;
}

async function readKey(ledger: Ledger): Promise<string | undefined> {
  const item = await ledger.read(FORM_KEY);
  if (item === undefined) return undefined;
  if (typeof item.key !== "string" || item.key.length < 2 * KEY_BYTES) {
    throw new CallRefused(`the ledger's ${FORM_KEY.pk} ${FORM_KEY.sk} holds no key; delete the item to have one made`);
  }
  return item.key;
}

/** Two functions may begin at once: the first put wins, and both use it. */
async function makeKey(
  { clock, entropy }: { readonly clock: Clock; readonly entropy: Entropy },
  ledger: Ledger,
): Promise<string> {
  const key = entropy.id(KEY_BYTES);
  try {
    await ledger.write([{ put: { ...FORM_KEY, key, madeAt: clock.now() }, if: "absent" }]);
    return key;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const theirs = await readKey(ledger);
    if (theirs === undefined) throw error;
    return theirs;
  }
}
