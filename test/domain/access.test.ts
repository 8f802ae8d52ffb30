import { describe, expect, it } from "vitest";
import { accessNamed, roleFor } from "../../functions/domain/access.ts";
import { environmentSchema } from "../../functions/domain/documents/policy.ts";

const takes = (roleArn: string) =>
  environmentSchema.safeParse({ account: "111122223333", region: "af-south-1", roleArn }).success;
const roleNamed = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

describe("the roles of a place", () => {
  it("stand beside the one that the policy names, path and all", () => {
    expect(roleFor("write", roleNamed("release/headgate"))).toBe(roleNamed("release/headgate"));
    expect(roleFor("read", roleNamed("release/headgate"))).toBe(roleNamed("release/headgate-read"));
    expect(roleFor("retire", roleNamed("release/headgate"))).toBe(roleNamed("release/headgate-retire"));
  });

  it.each([
    ["write", "write"],
    ["retire", "retire"],
    ["read", "read"],
    ["Write", "read"],
    [undefined, "read"],
  ])("named %s are for access %s: what is no name of one gets the least", (name, access) => {
    expect(accessNamed(name)).toBe(access);
  });

  it("leave names room: IAM takes 64 characters", () => {
    expect(takes(roleNamed("x".repeat(57)))).toBe(true);
    expect(takes(roleNamed(`release/tools/${"x".repeat(57)}`))).toBe(true);
    expect(takes(roleNamed("x".repeat(58)))).toBe(false);
    expect(takes(roleNamed(`release/${"x".repeat(58)}`))).toBe(false);
    expect(takes(roleNamed(""))).toBe(false);
  });
});
