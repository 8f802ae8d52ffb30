import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { placesOf } from "../../infra/places.ts";
import { checkPolicy, readPolicyFile } from "../../infra/policy-file.ts";

const FILES = readdirSync(new URL("../../infra/policies", import.meta.url)).map((name) => `infra/policies/${name}`);
const bbws = (): Record<string, unknown> => JSON.parse(readFileSync("infra/policies/bbws.json", "utf8"));

test.each(FILES)("%s can be deployed", (file) => {
  expect(readPolicyFile(file).people.length).toBeGreaterThan(0);
});

describe("a policy is refused before it is deployed", () => {
  test("when it is none, with every problem at once", () => {
    expect(() => checkPolicy({}, "x.json")).toThrow(/^x\.json is no policy:\npolicy\.apiVersion .*policy\.services /s);
  });

  test("when a rule is broken that only a plan shows, in any of its services", () => {
    const policy = bbws();
    const services = policy.services as Record<string, { rollout: { steps: unknown } }>;
    const [store] = Object.values(services);
    services.other = { ...structuredClone(store), rollout: { steps: [{ weight: 50, bake: "1m" }] } } as never;
    expect(() => checkPolicy(policy, "x.json")).toThrow(/policy\.services\.other\.rollout/);
  });

  test("when it names more people than one topic has filters for", () => {
    const policy = bbws();
    const crowd = (role: number) => Array.from({ length: 50 }, (_, index) => `person-${role}-${index}@example.com`);
    policy.people = {
      ...(policy.people as object),
      ...Object.fromEntries([1, 2, 3, 4].map((role) => [`role-${role}`, crowd(role)])),
    };
    expect(() => checkPolicy(policy, "x.json")).toThrow(/names 209 people; SNS takes 200 filter policies/);
  });
});

test("everybody who is ever written to is a person, once, as the mailer spells them", () => {
  const policy = bbws();
  const [sit] = Object.values(policy.environments as Record<"sit" | "prod", Record<string, unknown>>);
  Object.assign(sit ?? {}, { notices: ["QA@bbws.co.za"], pageTo: ["qa@bbws.co.za", "night@bbws.co.za"] });
  const { people, pageTo } = checkPolicy(policy, "x.json");
  expect(people).toEqual([
    "business-updates@bbws.co.za",
    "devops-alerts@bbws.co.za",
    "jane.doe@bbws.co.za",
    "john.smith@bbws.co.za",
    "night@bbws.co.za",
    "oncall@bbws.co.za",
    "qa@bbws.co.za",
    "sarah@bbws.co.za",
    "team-manager@bbws.co.za",
  ]);
  expect(pageTo).toEqual(["night@bbws.co.za", "oncall@bbws.co.za", "qa@bbws.co.za"]);
});

test("environments behind one role are one place, with the names that templates give in each", () => {
  const policy = bbws();
  const environments = policy.environments as Record<"sit" | "prod", Record<string, unknown>>;
  const { account, roleArn } = environments.sit;
  Object.assign(environments.prod, { account, roleArn });
  const places = placesOf(checkPolicy(policy, "x.json").policy);
  expect(places).toHaveLength(1);
  expect(places[0]?.environments).toEqual(["sit", "prod"]);
  expect(places[0]?.targets.map(({ resource }) => resource.split(":")[6])).toEqual(
    ["sit", "prod"].flatMap((environment) =>
      ["auth", "product", "order"].map((name) => `bbws-${environment}-${name}-lambda`),
    ),
  );
});
