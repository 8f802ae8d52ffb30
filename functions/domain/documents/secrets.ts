import type { Path, Report } from "./problems.ts";

/**
 * Both documents are shown in consoles, mails and histories: a secret in them is a secret told. What must be secret is
 * named, not written: `secretsmanager:NAME`, `secretsmanager:NAME#KEY` or `ssm:NAME`.
 */

const REFERENCE = /^(secretsmanager|ssm):[\w/+=.@-]+(#[\w.-]+)?$/;
const TELLING_KEY = /(password|passwd|secret|token|api[-_]?key|authorization|private[-_]?key)$/i;
/** AWS access keys, private keys, GitHub and Slack tokens, bearer headers: recognisable wherever they stand. */
const TELLING_VALUE =
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abpr]-[\w-]{10,}|\bBearer [\w.~+/-]{16,}/;

/** Whether a text names a secret kept elsewhere. */
export function isSecretReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** Reports secrets that are written out, without repeating them. */
export function refuseSecrets(report: Report, at: Path, value: unknown): void {
  if (typeof value === "string") {
    if (isSecret(at.at(-1), value)) {
      const hint = "write where it is kept: secretsmanager:NAME#KEY or ssm:NAME";
      report.refuseHidden(at, "looks like a secret written out", hint);
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseSecrets(report, [...at, index], item);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) refuseSecrets(report, [...at, key], item);
  }
}

function isSecret(key: string | number | undefined, text: string): boolean {
  if (isSecretReference(text) || text === "") return false;
  return TELLING_VALUE.test(text) || (typeof key === "string" && TELLING_KEY.test(key));
}
