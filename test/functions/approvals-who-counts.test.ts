/** Whatever people, operators and policies do, in whatever order: nobody is counted who may not decide. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../functions/domain/approval/decide.ts";
import { loadApproval, loadDecisions } from "../../functions/domain/approval/load.ts";
import { replacePerson } from "../../functions/domain/approval/reseat.ts";
import { sayOf } from "../../functions/domain/approval/revoke.ts";
import { item } from "../../functions/domain/ledger/items.ts";
import { keys } from "../../functions/domain/ledger/keys.ts";
import { REQUESTER, role, type Scene, scene } from "../support/approval-scene.ts";
import { callerBy } from "../support/callers.ts";

const OPS = callerBy("arn:aws:iam::093646564004:user/ops");
const PEOPLE = ["ann@example.com", "ben@example.com", "cleo@example.com", "dora@example.com", REQUESTER] as const;
const ROLES = ["lead", "infra"] as const;
const NEEDED = { lead: 2, infra: 1 } as const;

const person = fc.constantFrom(...PEOPLE);
const which = fc.constantFrom(...ROLES);
const some = fc.subarray([...PEOPLE]);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant("decide"), who: person, as: which }) },
  fc.record({ does: fc.constant("replace"), who: person, by: person, as: which }),
  fc.record({ does: fc.constantFrom("revoke", "reinstate"), who: person }),
  fc.record({ does: fc.constant("policy"), lead: some, infra: some }),
  fc.record({ does: fc.constant("settle") }),
);
type Action = Partial<Record<"who" | "by", string>> & {
  readonly does: string;
  readonly as?: (typeof ROLES)[number];
  readonly lead?: string[];
  readonly infra?: string[];
};

/** What is so, in the plainest words. */
interface Truth {
  policy: Record<(typeof ROLES)[number], readonly string[]>;
  readonly revoked: Set<string>;
}

async function begin(): Promise<Scene> {
  const on = await scene({ approval: { roles: [role("lead", PEOPLE, [], 2), role("infra", PEOPLE)] } });
  const { promotionId } = on.name;
  await on.ledger.write([{ put: item(keys.open(promotionId), { promotionId }) }]);
  await on.ask();
  return on;
}

async function act(
  on: Scene,
  truth: Truth,
  { does, who = "", by = "", as = "lead", ...policy }: Action,
): Promise<void> {
  on.now += 1_000;
  if (does === "decide") {
    const answer = {
      role: as,
      address: who,
      decision: "approved",
      comment: "",
      checklist: [],
      version: "v1.4.0",
    } as const;
    const from = { via: "page", caller: null, sourceIp: "", userAgent: "", generation: null, epoch: null } as const;
    await decide(on.deps, on.name, { ...answer, ...from });
  } else if (does === "replace") {
    await replacePerson(on.deps, on.name, { role: as, address: who, by, caller: OPS });
  } else if (does === "policy") {
    truth.policy = { lead: policy.lead ?? [], infra: policy.infra ?? [] };
    await on.putPolicy(truth.policy);
  } else if (does === "settle") {
    await on.settle();
  } else {
    if (does === "revoke") truth.revoked.add(who);
    else truth.revoked.delete(who);
    const state = does === "revoke" ? "revoked" : "reinstated";
    await sayOf(on.deps, { state, address: who, reason: "a test", by: OPS.arn });
  }
}

/** Whether those who said yes, sit in the role, hold it by the policy in force and are not revoked, are enough. */
async function isApproved(on: Scene, { policy, revoked }: Truth): Promise<boolean> {
  const { roles } = await loadApproval(on.ledger, on.name);
  const decisions = await loadDecisions(on.ledger, on.name);
  return ROLES.every((name) => {
    const seated = roles.find((one) => one.role === name)?.people.map(({ address }) => address) ?? [];
    const yes = decisions.filter((one) => one.role === name && seated.includes(one.address)).map((one) => one.address);
    const counted = yes.filter((who) => policy[name].includes(who) && !revoked.has(who) && who !== REQUESTER);
    return new Set(counted).size >= NEEDED[name];
  });
}

test("an approval is given at the moment when those who may decide are enough, and at no other", {
  timeout: 60_000,
}, async () => {
  let given = 0;
  const property = fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 16 }), async (actions) => {
    const on = await begin();
    const truth: Truth = { policy: { lead: PEOPLE, infra: PEOPLE }, revoked: new Set() };
    for (const one of actions as readonly Action[]) {
      await act(on, truth, one);
      // A policy takes effect at the next settling; everything else settles at once.
      if (one.does === "policy") await on.settle();
      const { state } = await loadApproval(on.ledger, on.name);
      expect(state).toBe((await isApproved(on, truth)) ? "approved" : "waiting");
      if (state === "approved") {
        given += 1;
        return;
      }
    }
  });
  await fc.assert(property, { numRuns: 100, seed: 2026 });
  expect(given).toBeGreaterThan(10);
});
