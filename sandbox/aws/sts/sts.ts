import { parseArn } from "../arn.ts";
import { AwsError } from "../errors.ts";
import type { SimulatedAws } from "../router.ts";
import { credentialsOf } from "../sdk.ts";
import type { Call, SimulatedService } from "../service.ts";

/** A role that may be assumed. */
export interface RoleDefinition {
  readonly arn: string;
  /** Accounts whose principals may assume it. */
  readonly trusts: readonly string[];
  /** Required of callers where given. */
  readonly externalId?: string;
}

interface AssumeRoleInput {
  readonly RoleArn?: string;
  readonly RoleSessionName?: string;
  readonly ExternalId?: string;
  readonly DurationSeconds?: string;
}

/** Session length in seconds [AssumeRole API]. */
const DURATION = { least: 900, most: 43_200 };

/**
 * Never, as far as a run is concerned: the SDK compares the expiry of credentials with the machine's own clock, which
 * has nothing to do with virtual time and would make a run depend on the day it is started.
 */
const EXPIRES = "9999-12-31T23:59:59Z";

/** STS: an assumed role's credentials speak for the role's account. */
export class SimulatedSts {
  readonly service: SimulatedService;
  readonly #aws: SimulatedAws;
  readonly #roles = new Map<string, RoleDefinition>();

  constructor(aws: SimulatedAws, roles: readonly RoleDefinition[] = []) {
    this.#aws = aws;
    for (const role of roles) this.addRole(role);
    this.service = {
      name: "sts",
      protocol: "query",
      namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
      medianMs: 50,
      operations: {
        AssumeRole: (input: AssumeRoleInput, call: Call) => this.#assumeRole(input, call),
        GetCallerIdentity: (_input: object, call: Call) => ({
          Account: call.account,
          Arn: `arn:aws:sts::${call.account}:assumed-role/simulated/${call.handler}`,
          UserId: `AROASIMULATED:${call.handler}`,
        }),
      },
    };
    aws.register(this.service);
  }

  addRole(role: RoleDefinition): void {
    this.#roles.set(role.arn, role);
  }

  #assumeRole(input: AssumeRoleInput, call: Call): Record<string, unknown> {
    const { RoleArn = "", RoleSessionName = "", ExternalId, DurationSeconds = "3600" } = input;
    const seconds = Number(DurationSeconds);
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) throw this.#invalid("roleSessionName", RoleSessionName);
    if (seconds < DURATION.least || seconds > DURATION.most) throw this.#invalid("durationSeconds", DurationSeconds);
    const role = this.#roles.get(RoleArn);
    const isAllowed = role?.trusts.includes(call.account) === true && (role.externalId ?? ExternalId) === ExternalId;
    if (!isAllowed) {
      throw new AwsError(
        "AccessDenied",
        `a principal of ${call.account} may not perform sts:AssumeRole on ${RoleArn}`,
        {
          status: 403,
        },
      );
    }
    const { account = "", resource = "" } = parseArn(RoleArn) ?? {};
    const name = resource.split("/").pop() ?? "";
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = credentialsOf(account);
    const SessionToken = this.#aws.random("session", call.number).uuid();
    return {
      Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration: EXPIRES },
      AssumedRoleUser: {
        Arn: `arn:aws:sts::${account}:assumed-role/${name}/${RoleSessionName}`,
        AssumedRoleId: `AROASIMULATED:${RoleSessionName}`,
      },
    };
  }

  #invalid(what: string, value: string): AwsError {
    return new AwsError("ValidationError", `Value '${value}' at '${what}' failed to satisfy constraint`);
  }
}
