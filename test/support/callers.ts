/** Who signs requests in tests, and what the policy says of them. */
import { type Caller, type CallerRules, callerOf } from "../../functions/domain/callers.ts";

/** The account that the API is in. */
export const API_ACCOUNT = "093646564004";
export const ACCESS_KEY = "ASIAIOSFODNN7EXAMPLE";

/** Roles by what the tests' policy says of them. */
export const roleArn = (name: string, account = API_ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
export const SSO_ROLE = "AWSReservedSSO_Release_0123456789abcdef";

export const CALLERS: CallerRules = {
  verifiedRoles: [roleArn(`aws-reserved/sso.amazonaws.com/af-south-1/${SSO_ROLE}`), roleArn("team/SSO")],
  speakForOthers: [roleArn("Approvers")],
};

export const sessionArn = (role: string, session: string, account = API_ACCOUNT) =>
  `arn:aws:sts::${account}:assumed-role/${role}/${session}`;
export const userArn = (name: string, account = API_ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;

/** The caller as the handlers make it of an ARN, by the tests' policy. */
export const callerBy = (arn: string, rules = CALLERS): Caller =>
  callerOf({ arn, accessKey: ACCESS_KEY, account: API_ACCOUNT }, rules);
