/** What an operator says, and by which id it counts once. */
import type { Dependencies } from "../ports.ts";

/** What somebody says; with `request` it counts once however often it is sent, without it each sending counts. */
export interface Said {
  /** As the record names them. */
  readonly by: string;
  /** ARN of whoever signed, whatever the record knows of them. */
  readonly signer: string;
  readonly reason: string;
  readonly request?: string | undefined;
}

/** A caller's own: nobody can take the place of what somebody else says. */
export function onceId(
  { clock, entropy, hash }: Pick<Dependencies, "clock" | "entropy" | "hash">,
  { signer, request }: Said,
): string {
  return request === undefined ? `${clock.now()}-${entropy.id(4)}` : hash(`${signer}\n${request}`).slice(0, 16);
}
