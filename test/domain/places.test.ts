import { describe, expect, it } from "vitest";
import { readingRole } from "../../functions/domain/places.ts";
import { environmentSchema } from "../../functions/domain/policy.ts";

const takes = (roleArn: string) =>
  environmentSchema.safeParse({ account: "111122223333", region: "af-south-1", roleArn }).success;
const roleNamed = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

describe("the reading role", () => {
  it("stands beside the one that the policy names, path and all", () => {
    expect(readingRole(roleNamed("release/headgate"))).toBe(roleNamed("release/headgate-read"));
  });

  it("leaves names room: IAM takes 64 characters", () => {
    expect(takes(roleNamed("x".repeat(59)))).toBe(true);
    expect(takes(roleNamed(`release/tools/${"x".repeat(59)}`))).toBe(true);
    expect(takes(roleNamed("x".repeat(60)))).toBe(false);
    expect(takes(roleNamed(`release/${"x".repeat(60)}`))).toBe(false);
    expect(takes(roleNamed(""))).toBe(false);
  });
});
