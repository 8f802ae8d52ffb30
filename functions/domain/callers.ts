/**
 * Who signs requests. IAM says which identity signed; which person stands behind it, the ARN says only where its bearer
 * could not choose the name. So a caller is one *principal*: an IAM user, or a role whatever its sessions are called. A
 * session is a principal of its own only where the policy says that its name is verified and the name is an address.
 */
import { looksLikeAddress, samePerson } from "./people.ts";

/** What the policy in force says of callers. */
export interface CallerRules {
  /** ARNs of roles whose trust lets nobody choose the name of a session. */
  readonly verifiedRoles: readonly string[];
  /** ARNs of roles that may decide for a person whom the request names. */
  readonly speakForOthers: readonly string[];
}

export const NO_RULES: CallerRules = { verifiedRoles: [], speakForOthers: [] };

/** A signed request as API Gateway vouches for it. */
export interface Signature {
  readonly arn: string;
  /** Id of the access key; AWS CloudTrail has it in the event of the assumption, beside the source identity. */
  readonly accessKey: string | null;
  /** The account that the API is in. */
  readonly account: string;
}

export interface Caller {
  /** As API Gateway gave it. */
  readonly arn: string;
  /** Has one answer per approval. A session's begins with its role's, so that both are known to be one. */
  readonly principal: string;
  /** The address that the identity bears, where it is verified; null: nobody knows who it is. */
  readonly person: string | null;
  readonly accessKey: string | null;
}

/** A caller as a record kept it; null: the record is from before callers were held by their principal, or of none. */
export const asCaller = (kept: unknown) => (typeof kept === "object" ? (kept as Caller | null) : null);

type Identity =
  | { readonly kind: "user"; readonly principal: string; readonly account: string; readonly name: string }
  | { readonly kind: "session"; readonly principal: string; readonly role: string; readonly name: string }
  | { readonly kind: "federated" | "root" | "unknown"; readonly principal: string };

const NAME = String.raw`[\w+=,.@-]+`;
const USER = new RegExp(String.raw`^(arn:aws[a-z-]*:iam::(\d{12}):user)/(?:[!-~]+/)?(${NAME})$`);
const SESSION = new RegExp(String.raw`^(arn:aws[a-z-]*:sts::\d{12}:assumed-role/(${NAME}))/(${NAME})$`);
const FEDERATED = new RegExp(String.raw`^(arn:aws[a-z-]*:sts::\d{12}:federated-user)/${NAME}$`);
const ROOT = /^arn:aws[a-z-]*:iam::\d{12}:root$/;
const ROLE = new RegExp(String.raw`^(arn:aws[a-z-]*):iam::(\d{12}):role/(?:[!-~]+/)?(${NAME})$`);

/**
 * Kinds of ARN that sign requests: docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html. Paths are left
 * out, as in an assumed role's ARN: a name is unique in its account. Whoever may call GetFederationToken names the
 * federated user, so that all of an account's are one principal.
 */
function identityOf(arn: string): Identity {
  const user = USER.exec(arn);
  if (user !== null) {
    const [, head = "", account = "", name = ""] = user;
    return { kind: "user", principal: `${head}/${name}`, account, name };
  }
  const session = SESSION.exec(arn);
  if (session !== null) {
    const [, principal = "", role = "", name = ""] = session;
    return { kind: "session", principal, role, name };
  }
  const federated = FEDERATED.exec(arn);
  if (federated !== null) return { kind: "federated", principal: federated[1] ?? arn };
  return { kind: ROOT.test(arn) ? "root" : "unknown", principal: arn };
}

/** The principal of a role's sessions, which has no path; null: the ARN is none of a role. */
export function sessionsOf(role: string): string | null {
  const found = ROLE.exec(role);
  return found === null ? null : `${found[1]}:sts::${found[2]}:assumed-role/${found[3]}`;
}

/** Names of IAM are not distinguished by case: docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html. */
const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

const lists = (roles: readonly string[], principal: string) =>
  roles.some((role) => {
    const sessions = sessionsOf(role);
    return sessions !== null && same(sessions, principal);
  });

/**
 * The caller behind a signature. A role is matched by partition, account and name. That a name looks like one of IAM
 * Identity Center's (`AWSReservedSSO_...`) proves nothing: AWS documents the path of those roles as reserved, not the
 * prefix, and a session's ARN has no path. A user's name counts in the API's own account, where IAM gave it.
 */
export function callerOf({ arn, accessKey, account }: Signature, { verifiedRoles }: CallerRules): Caller {
  const identity = identityOf(arn);
  const { principal } = identity;
  if (identity.kind === "user") {
    const person = identity.account === account ? addressOf(identity.name) : null;
    return { arn, principal, person, accessKey };
  }
  const person = identity.kind === "session" && lists(verifiedRoles, principal) ? addressOf(identity.name) : null;
  return { arn, principal: person === null ? principal : arn, person, accessKey };
}

const addressOf = (name: string) => (looksLikeAddress(name) ? name : null);

/** The principal of an identity on record: as it is held, or, from before principals were, by its ARN read strictly. */
export function principalOf(held: Caller | null | undefined, arn: string | null): string | null {
  return held?.principal ?? (arn === null ? null : identityOf(arn).principal);
}

/** Whether two principals may be one: the same, or a role and one of its sessions, since rules may change in between. */
export function samePrincipal(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/**
 * The address that an ARN ends in, whoever chose it. Enough to keep somebody out, as a party to what they start; never
 * enough to let anybody in.
 */
export function addressIn(arn: string): string | null {
  return addressOf(arn.slice(arn.lastIndexOf("/") + 1));
}

export type Speaker =
  | { readonly kind: "person"; readonly address: string }
  /** It may speak for others, and named nobody. */
  | { readonly kind: "unnamed" }
  | { readonly kind: "refused"; readonly why: string };

/**
 * For whom a caller decides. A verified person decides as nobody else. Who is not verified decides for the person named
 * in `as` where the policy lets its role speak for others, and for nobody otherwise.
 */
export function speakerOf(caller: Caller, as: string | undefined, { speakForOthers }: CallerRules): Speaker {
  const { person, principal } = caller;
  if (person !== null) {
    const itself = as === undefined || samePerson(person, as);
    return itself
      ? { kind: "person", address: person }
      : { kind: "refused", why: `${person} cannot decide as ${as}: a caller who is verified speaks for nobody else` };
  }
  if (!lists(speakForOthers, principal)) return { kind: "refused", why: unverified(caller, as) };
  return as === undefined ? { kind: "unnamed" } : { kind: "person", address: as };
}

const BY_MAIL = "decide by the link in your mail";

function unverified({ arn }: Caller, as: string | undefined): string {
  const identity = identityOf(arn);
  const who = as === undefined ? `it is not verified who ${arn} is` : `${arn} cannot decide as ${as}`;
  switch (identity.kind) {
    case "session": {
      const { role, name } = identity;
      const named = addressOf(name) === null ? `, and "${name}" is no address` : "";
      const verify = `let the policy list the role ${role} in callers.verifiedRoles, once its trust policy fixes the session's name to the person's address`;
      const speak = as === undefined ? "" : ", or in callers.speakForOthers, so that it may name people";
      return `${who}: whoever assumes a role chooses the name of the session, unless the policy says otherwise${named}; ${BY_MAIL}, or ${verify}${speak}`;
    }
    case "user":
      return `${who}: an IAM user decides where its name is its person's address and its account is the API's; ${BY_MAIL}`;
    case "federated":
      return `${who}: whoever calls GetFederationToken chooses the name; ${BY_MAIL}`;
    default:
      return `${who}: it is neither an IAM user nor a role's session; ${BY_MAIL}`;
  }
}

/** `jane@example.com, as arn:...`; or the ARN alone, with a word on the name that its bearer may have chosen. */
export function callerInWords({ arn, person }: Pick<Caller, "arn" | "person">): string {
  if (person !== null) return `${person}, verified, as ${arn}`;
  return identityOf(arn).kind === "session" ? `${arn} (session name not verified)` : arn;
}

/** Whoever says a verb: by their person where one is verified, else by the ARN alone. */
export function sayerInWords(caller: Caller): string {
  return caller.person === null ? caller.arn : callerInWords(caller);
}
