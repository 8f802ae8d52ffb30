import { describe, expect, it } from "vitest";
import { expectProblem, resolve, warnings } from "./documents.ts";

const ROLE = "arn:aws:iam::111122223333:role/team/release";
const HINT =
  "the ARN of one IAM role, arn:aws:iam::ACCOUNT:role/NAME with its path; no session's ARN, no bare name, no wildcard";
const PROD = "policy.environments.prod";
const SIT_AND_PROD = { "release.environments": ["sit", "prod"] };

describe("callers", () => {
  it.each([
    ROLE,
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/af-south-1/AWSReservedSSO_Release_0123456789abcdef",
    "arn:aws-us-gov:iam::111122223333:role/release",
  ])("may be sessions of the role %s", (role) => {
    expect(resolve({ "policy.callers.verifiedRoles": [role] }).ok).toBe(true);
    expect(resolve({ "policy.callers.verifiedRoles": [], "policy.callers.speakForOthers": [role] }).ok).toBe(true);
  });

  it.each([
    "release",
    "arn:aws:sts::111122223333:assumed-role/release/sam",
    "arn:aws:iam::111122223333:role/release*",
    "arn:aws:iam::111122223333:role/",
    "arn:aws:iam::*:role/release",
    "arn:aws:iam::111122223333:user/sam",
    "*",
  ])("are refused as %s, which is no role", (role) => {
    for (const list of ["verifiedRoles", "speakForOthers"]) {
      expectProblem(
        { [`policy.callers.${list}`]: [role] },
        { path: `policy.callers.${list}[0]`, value: role, message: expect.any(String), hint: HINT },
      );
    }
  });

  it("are named once, and either name their people or speak for others", () => {
    expectProblem(
      { "policy.callers.verifiedRoles": [ROLE, ROLE.replace("release", "Release")] },
      {
        path: "policy.callers.verifiedRoles[1]",
        value: ROLE.replace("release", "Release"),
        message: "names the same role twice",
        hint: "write the role once",
      },
    );
    expectProblem(
      { "policy.callers.verifiedRoles": [ROLE], "policy.callers.speakForOthers": [ROLE.replace("team/", "")] },
      {
        path: "policy.callers.speakForOthers[0]",
        value: ROLE.replace("team/", ""),
        message: "is a role whose sessions are verified already",
        hint: "keep it in one list: with both, a verified person would answer for a second one",
      },
    );
  });

  it("warn where no role is listed and people are asked: nobody but IAM users could decide through the API", () => {
    const warning = {
      path: "policy.callers",
      message: "lists no role, so nobody but an IAM user named by an address can decide through the API",
      hint: "list the roles of IAM Identity Center in callers.verifiedRoles, or rely on mail alone",
    };
    expect(warnings({ ...SIT_AND_PROD, "policy.callers": undefined })).toEqual([{ ...warning, value: undefined }]);
    expect(warnings({ ...SIT_AND_PROD, "policy.callers": {} })).toEqual([{ ...warning, value: {} }]);
    expect(warnings({ ...SIT_AND_PROD, "policy.callers": { speakForOthers: [ROLE] } })).toEqual([]);
    expect(warnings({ ...SIT_AND_PROD, "policy.callers": {}, [`${PROD}.approvals`]: [] })).toEqual([]);
  });
});
