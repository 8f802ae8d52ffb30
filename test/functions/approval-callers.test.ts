/** Who signs requests, and who they only say they are: attacks on the signed route by those who may call it. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { loadAudit } from "../../functions/domain/ledger/append-audit.ts";
import {
  INFRA,
  INFRASTRUCTURE_LEAD,
  LEAD,
  MANAGER,
  OWNER,
  REQUESTER,
  role,
  TECH_LEAD,
} from "../support/approval-scene.ts";
import { CALLER_HEADER } from "../support/approval-server.ts";
import { APPROVE_INFRA, api, closeSites, expectUntouched, type Site, site } from "../support/approval-site.ts";
import {
  ACCESS_KEY,
  API_ACCOUNT,
  CALLERS,
  callerBy,
  roleArn,
  SSO_ROLE,
  sessionArn,
  userArn,
} from "../support/callers.ts";

afterEach(closeSites);

const OTHER_ACCOUNT = "815856636111";
const LEADS = { "tech-lead": [LEAD, MANAGER, OWNER] };
/** A quorum of two in one role, with nothing to tick. */
const TWO_LEADS = { approval: { roles: [role("tech-lead", [LEAD, MANAGER, OWNER], [], 2)] } };

const as = (here: Site, arn: string, said: object = {}) =>
  api(here, { role: "tech-lead", ...said }, { [CALLER_HEADER]: arn });
const believing = (here: Site, callers: unknown) => here.on.putPolicy(LEADS, undefined, callers);

describe("a role that speaks for others", () => {
  test("is one caller: another session of it fills no second seat of a quorum, and is told why and what to do", async () => {
    const here = await site(TWO_LEADS);
    expect(await as(here, sessionArn("Approvers", "one"), { as: LEAD })).toMatchObject({ status: 200 });

    const second = await as(here, sessionArn("Approvers", "two"), { as: MANAGER });

    expect(second.status).toBe(409);
    expect(second.body.error).toBe(
      `arn:aws:sts::${API_ACCOUNT}:assumed-role/Approvers has answered already, for ${LEAD}: all sessions of a role are one caller, since their names are not verified; decide by the link in your mail, or let the policy list the role in callers.verifiedRoles, once its trust policy fixes the session's name`,
    );
    expect([here.decisions(), here.state()]).toEqual([1, "waiting"]);
  });

  test("is one caller in two roles too, while the second person decides by the link of the mail", async () => {
    const here = await site();
    await as(here, sessionArn("Approvers", "one"), { as: LEAD, checklist: TECH_LEAD.checklist });
    const infra = { role: "infrastructure-lead", as: INFRA, checklist: INFRASTRUCTURE_LEAD.checklist };

    expect(await as(here, sessionArn("approvers", "ONE"), infra)).toMatchObject({ status: 409 });
    expect(await here.submit(INFRA, APPROVE_INFRA)).toMatchObject({ status: 303 });

    expect(here.state()).toBe("approved");
  });

  test("stays one caller when the policy verifies its sessions in between", async () => {
    const here = await site(TWO_LEADS);
    await as(here, sessionArn("Approvers", LEAD), { as: LEAD });
    await believing(here, { verifiedRoles: [roleArn("Approvers")] });

    expect(await as(here, sessionArn("Approvers", MANAGER))).toMatchObject({ status: 409 });

    expect(here.decisions()).toBe(1);
  });

  test("counts once, however many sessions it has and whomever they name", async () => {
    const sessions = fc.array(
      fc.record({
        session: fc.stringMatching(/^[\w+=,.@-]{2,20}$/),
        as: fc.constantFrom(LEAD, MANAGER, OWNER, REQUESTER, undefined),
        decision: fc.constantFrom("approved", "rejected"),
      }),
      { minLength: 2, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(sessions, async (attempts) => {
        const here = await site(TWO_LEADS);
        for (const { session, ...said } of attempts) {
          await as(here, sessionArn("Approvers", session), { ...said, comment: "no" });
        }
        const principals = here.on.items("DECISION").map(({ signer }) => Reflect.get(Object(signer), "principal"));
        expect(principals.length).toBeLessThanOrEqual(1);
        expect(here.state()).not.toBe("approved");
        await closeSites();
      }),
      { numRuns: 25 },
    );
  });
});

describe("whoever started the promotion", () => {
  test.each([
    ["held by its principal", callerBy(sessionArn("Approvers", "morning"))],
    ["on record by its ARN alone", undefined],
  ])("decides nothing as another session of the role: %s", async (_, starter) => {
    const startedBy = sessionArn("Approvers", "morning");
    const here = await site({ header: { startedBy, ...(starter === undefined ? {} : { starter }) } });

    for (const session of ["morning", "evening", INFRA]) {
      const answer = await as(here, sessionArn("Approvers", session), { as: LEAD, checklist: TECH_LEAD.checklist });
      expect(answer).toMatchObject({ status: 403, body: { error: "not yours to decide" } });
    }
    await expectUntouched(here);
  });

  test("decides nothing as themself, while a colleague in the same verified role does", async () => {
    const startedBy = sessionArn(SSO_ROLE, OWNER);
    const here = await site({ ...TWO_LEADS, header: { startedBy, starter: callerBy(startedBy) } });

    expect(
      await as(
        here,
        startedBy.toUpperCase().replace(/^ARN:AWS:STS|ASSUMED-ROLE/g, (part) => part.toLowerCase()),
      ),
    );
    expect(await as(here, startedBy)).toMatchObject({ status: 403 });
    expect(here.decisions()).toBe(0);
    expect(await as(here, sessionArn(SSO_ROLE, LEAD))).toMatchObject({ status: 200 });
  });

  test("decides nothing under a chosen name, once the policy verifies the role no more", async () => {
    const startedBy = sessionArn("SSO", OWNER);
    const here = await site({ ...TWO_LEADS, header: { startedBy, starter: callerBy(startedBy) } });
    await believing(here, { speakForOthers: [roleArn("team/SSO")] });

    expect(await as(here, sessionArn("SSO", "somebody"), { as: LEAD })).toMatchObject({ status: 403 });

    await expectUntouched(here);
  });

  test("gives no seat away under another session name", async () => {
    const startedBy = sessionArn("Release", "morning");
    const here = await site({ ...TWO_LEADS, header: { startedBy, starter: callerBy(startedBy) } });
    const replace = { action: "replace", address: LEAD, by: INFRA, decision: undefined, version: undefined };
    await here.on.putPolicy({ "tech-lead": [...LEADS["tech-lead"], INFRA] });

    expect(await as(here, sessionArn("Release", "evening"), replace)).toMatchObject({ status: 403 });
    expect(await as(here, sessionArn("Operators", "otto"), replace)).toMatchObject({ status: 200 });

    const replaced = (await loadAudit(here.on.ledger, here.on.name.promotionId)).find(
      ({ kind }) => kind === "approver-replaced",
    );
    expect(replaced).toMatchObject({
      summary: expect.stringContaining(`by ${sessionArn("Operators", "otto")} (session name not verified)`),
      data: { caller: sessionArn("Operators", "otto"), signer: { person: null, accessKey: ACCESS_KEY } },
    });
  });
});

describe("somebody who takes the name of an approver", () => {
  const nobody: readonly (readonly [string, string])[] = [
    ["a role whose session name they chose", sessionArn("Admin", LEAD)],
    ["the same, in capitals", sessionArn("Admin", LEAD.toUpperCase())],
    ["a role named as those of IAM Identity Center", sessionArn("AWSReservedSSO_Admin_0123456789abcdef", LEAD)],
    ["a role whose name begins as a listed one", sessionArn(`${SSO_ROLE}0`, LEAD)],
    ["a role whose name ends as a listed one", sessionArn(`X${SSO_ROLE}`, LEAD)],
    ["a role of the listed name in another account", sessionArn(SSO_ROLE, LEAD, OTHER_ACCOUNT)],
    ["a role of the listed name in another partition", sessionArn(SSO_ROLE, LEAD).replace("arn:aws:", "arn:aws-cn:")],
    ["a role whose name is the path of a listed one", sessionArn("team", LEAD)],
    ["a user of another account", userArn(LEAD, OTHER_ACCOUNT)],
    ["a user whose path is the address", userArn(`${LEAD}/ops`)],
    ["a federated user", `arn:aws:sts::${API_ACCOUNT}:federated-user/${LEAD}`],
    ["the root user", `arn:aws:iam::${API_ACCOUNT}:root`],
    ["the root user with a name", `arn:aws:iam::${API_ACCOUNT}:root/${LEAD}`],
    ["a role itself", `${roleArn("team/SSO")}/${LEAD}`],
    ["a session without a role", `arn:aws:sts::${API_ACCOUNT}:assumed-role/${LEAD}`],
    ["a session with two names", sessionArn(`SSO/${LEAD}`, LEAD)],
    ["an account that is none", sessionArn("SSO", LEAD, "12")],
    ["another service's ARN", `arn:aws:s3::${API_ACCOUNT}:user/${LEAD}`],
    ["an ARN inside another", `x ${sessionArn("SSO", LEAD)}`],
    ["no ARN", LEAD],
    ["nothing", ""],
  ];

  test.each(nobody)("as %s decides nothing, as that person or as another: 403", async (_, arn) => {
    const here = await site(TWO_LEADS);

    for (const said of [{}, { as: LEAD }, { as: MANAGER }]) {
      const { status, body } = await as(here, arn, said);
      expect([status, body.error]).toEqual([403, expect.stringContaining("decide by the link in your mail")]);
    }
    await expectUntouched(here);
  });

  test("is told what the policy would have to say, for a session's name and for `as`", async () => {
    const here = await site(TWO_LEADS);
    const arn = sessionArn("Admin", LEAD);

    const own = await as(here, arn);
    const other = await as(here, arn, { as: MANAGER });

    expect(own.body.error).toBe(
      `it is not verified who ${arn} is: whoever assumes a role chooses the name of the session, unless the policy says otherwise; decide by the link in your mail, or let the policy list the role Admin in callers.verifiedRoles, once its trust policy fixes the session's name to the person's address`,
    );
    expect(other.body.error).toBe(
      `${arn} cannot decide as ${MANAGER}: whoever assumes a role chooses the name of the session, unless the policy says otherwise; decide by the link in your mail, or let the policy list the role Admin in callers.verifiedRoles, once its trust policy fixes the session's name to the person's address, or in callers.speakForOthers, so that it may name people`,
    );
  });

  test("is nobody at all without a signature: 403", async () => {
    const here = await site(TWO_LEADS);

    expect(await api(here, { role: "tech-lead", as: LEAD }, {})).toMatchObject({ status: 403 });
    await expectUntouched(here);
  });
});

describe("a verified person", () => {
  test.each([
    ["a role of IAM Identity Center that the policy lists", sessionArn(SSO_ROLE, LEAD)],
    ["a listed role, whatever its path", sessionArn("SSO", LEAD)],
    ["an IAM user of the API's account", userArn(LEAD)],
    ["an IAM user with a path", userArn(`teams/shop/${LEAD}`)],
  ])("by %s decides as nobody else, once, and is on record with the key that signed", async (_, arn) => {
    const here = await site(TWO_LEADS);

    expect(await as(here, arn, { as: MANAGER })).toMatchObject({ status: 403 });
    expect(await as(here, arn)).toMatchObject({ status: 200 });
    expect(await as(here, arn)).toMatchObject({ status: 409 });

    expect(here.on.items("DECISION")[0]).toMatchObject({
      address: LEAD,
      caller: arn,
      signer: { arn, person: LEAD, accessKey: ACCESS_KEY },
    });
    await here.on.settle();
    const trail = await loadAudit(here.on.ledger, here.on.name.promotionId);
    const said = `${LEAD} approved prod as tech-lead, signed by ${LEAD}, verified, as ${arn}`;
    expect(trail.map(({ summary }) => summary)).toContain(said);
    expect((await here.get(MANAGER)).text).toContain(`through the API, by ${LEAD}, verified, as ${arn}`);
  });

  test("is one person under two spellings and in two roles of AWS", async () => {
    const here = await site(TWO_LEADS);
    await as(here, sessionArn(SSO_ROLE, LEAD));

    for (const arn of [sessionArn("SSO", LEAD.toUpperCase()), sessionArn("SSO", LEAD.replace("@", "+x@"))]) {
      expect(await as(here, arn)).toMatchObject({ status: 409 });
    }
    expect(here.decisions()).toBe(1);
  });

  test("is one of as many as the role has: two of its sessions fill a quorum of two", async () => {
    const here = await site(TWO_LEADS);

    await as(here, sessionArn(SSO_ROLE, LEAD));
    await as(here, sessionArn(SSO_ROLE, MANAGER));

    expect(here.state()).toBe("approved");
  });

  test("is so by the policy in force: not once it lists the role no more, nor where it is broken or gone", async () => {
    const here = await site(TWO_LEADS);
    const broken = { ...CALLERS, verifiedRoles: [...CALLERS.verifiedRoles, "SSO"] };

    for (const callers of [{}, { verifiedRoles: [] }, broken, "everybody", null]) {
      await believing(here, callers);
      expect(await as(here, sessionArn("SSO", LEAD))).toMatchObject({ status: 403 });
    }
    await expectUntouched(here);
    await believing(here, CALLERS);
    expect(await as(here, sessionArn("SSO", LEAD))).toMatchObject({ status: 200 });
  });
});
