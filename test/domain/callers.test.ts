import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callerInWords,
  callerOf,
  NO_RULES,
  principalOf,
  samePrincipal,
  speakerOf,
} from "../../functions/domain/callers.ts";
import { API_ACCOUNT, CALLERS, callerBy, roleArn, SSO_ROLE, sessionArn, userArn } from "../support/callers.ts";

const JANE = "jane.doe@example.com";

const name = fc.stringMatching(/^[\w+=,.@-]{2,30}$/);
const account = fc.stringMatching(/^\d{12}$/);

describe("a caller", () => {
  it.each([
    [sessionArn("Release", "sam"), sessionArn("Release", "").slice(0, -1), null],
    [sessionArn("Release", JANE), sessionArn("Release", "").slice(0, -1), null],
    [sessionArn("SSO", JANE), sessionArn("SSO", JANE), JANE],
    [sessionArn("sso", JANE), sessionArn("sso", JANE), JANE],
    [sessionArn("SSO", "jane"), sessionArn("SSO", "").slice(0, -1), null],
    [sessionArn(SSO_ROLE, JANE), sessionArn(SSO_ROLE, JANE), JANE],
    [userArn("jane"), userArn("jane"), null],
    [userArn(`shop/team/${JANE}`), userArn(JANE), JANE],
    [userArn(JANE, "815856636111"), userArn(JANE, "815856636111"), null],
    [`arn:aws-us-gov:iam::${API_ACCOUNT}:user/${JANE}`, `arn:aws-us-gov:iam::${API_ACCOUNT}:user/${JANE}`, JANE],
    [`arn:aws:sts::${API_ACCOUNT}:federated-user/${JANE}`, `arn:aws:sts::${API_ACCOUNT}:federated-user`, null],
    [`arn:aws:iam::${API_ACCOUNT}:root`, `arn:aws:iam::${API_ACCOUNT}:root`, null],
    [`${sessionArn("SSO", JANE)}\n`, `${sessionArn("SSO", JANE)}\n`, null],
    ["", "", null],
  ])("that signs as %j is held as %j, and is %j", (arn, principal, person) => {
    expect(callerBy(arn)).toMatchObject({ arn, principal, person });
  });

  it("is one for all sessions of a role that is not verified, whatever they are called", () => {
    fc.assert(
      fc.property(account, name, name, name, (where, role, one, other) => {
        const [first, second] = [one, other].map((session) => callerBy(sessionArn(role, session, where), NO_RULES));
        expect(first?.principal).toBe(second?.principal);
        expect([first?.person, second?.person]).toEqual([null, null]);
      }),
    );
  });

  it("is another for each role and account, and its sessions are known as the role's whatever is verified now", () => {
    fc.assert(
      fc.property(account, name, name, name, (where, role, other, session) => {
        const arn = sessionArn(role, session, where);
        const verifying = { verifiedRoles: [roleArn(role, where)], speakForOthers: [] };
        const [held, person] = [NO_RULES, verifying].map((rules) => callerBy(arn, rules).principal);
        const stranger = callerBy(sessionArn(other, session, where), NO_RULES).principal;
        expect(samePrincipal(held ?? "", person ?? "") && samePrincipal(person ?? "", held ?? "")).toBe(true);
        expect(samePrincipal(held ?? "", stranger)).toBe(role.toLowerCase() === other.toLowerCase());
        expect(principalOf(undefined, arn)).toBe(held);
      }),
    );
  });

  it("is known by no rule that names no role", () => {
    const rules = { verifiedRoles: ["", "SSO", "*", sessionArn("SSO", JANE), roleArn("*")], speakForOthers: [""] };

    expect(callerBy(sessionArn("SSO", JANE), rules).person).toBeNull();
    expect(speakerOf(callerBy("", rules), JANE, rules)).toMatchObject({ kind: "refused" });
  });

  it("keeps the key that signed", () => {
    const signature = { arn: userArn(JANE), accessKey: "AKIA1", account: API_ACCOUNT };
    expect(callerOf(signature, CALLERS).accessKey).toBe("AKIA1");
  });

  it("is said with its person, or with a word on a name that its bearer may have chosen", () => {
    const said = (arn: string) => callerInWords(callerBy(arn));

    expect(said(sessionArn("SSO", JANE))).toBe(`${JANE}, verified, as ${sessionArn("SSO", JANE)}`);
    expect(said(sessionArn("Release", JANE))).toBe(`${sessionArn("Release", JANE)} (session name not verified)`);
    expect(said(userArn("ci"))).toBe(userArn("ci"));
  });
});

describe("a speaker", () => {
  const speaker = (arn: string, as?: string) => speakerOf(callerBy(arn), as, CALLERS);

  it("is the verified person, under any spelling, and nobody else", () => {
    expect(speaker(userArn(JANE))).toEqual({ kind: "person", address: JANE });
    expect(speaker(userArn(JANE), "Jane.Doe+x@example.com")).toEqual({ kind: "person", address: JANE });
    expect(speaker(userArn(JANE), "john@example.com")).toEqual({
      kind: "refused",
      why: `${JANE} cannot decide as john@example.com: a caller who is verified speaks for nobody else`,
    });
  });

  it("is whom a role that may speak for others names", () => {
    expect(speaker(sessionArn("Approvers", "ci"), JANE)).toEqual({ kind: "person", address: JANE });
    expect(speaker(sessionArn("Approvers", JANE))).toEqual({ kind: "unnamed" });
  });

  it.each([
    ["a session without an address", sessionArn("Release", "sam"), 'and "sam" is no address'],
    ["a user without an address", userArn("sam"), "an IAM user decides where its name is its person's address"],
    ["a federated user", `arn:aws:sts::${API_ACCOUNT}:federated-user/sam`, "GetFederationToken"],
    ["the root user", `arn:aws:iam::${API_ACCOUNT}:root`, "neither an IAM user nor a role's session"],
  ])("is not %s, and it is said why", (_, arn, why) => {
    expect(speaker(arn)).toEqual({ kind: "refused", why: expect.stringContaining(why) });
  });
});
