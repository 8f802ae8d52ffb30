/** Before anything is made, what is about to be made is held against every approval that was given for it. */
import { beforeEach, describe, expect, it } from "vitest";
import { askApproval } from "../../functions/ask-approval.ts";
import { captureBaseline } from "../../functions/capture-baseline.ts";
import { deployCandidate } from "../../functions/deploy-candidate.ts";
import type { ApprovalRecord } from "../../functions/domain/approval/approval.ts";
import { loadApproval } from "../../functions/domain/approval/load.ts";
import { changeApproval } from "../../functions/domain/approval/records.ts";
import { enterEnvironment } from "../../functions/enter-environment.ts";
import { approvalPlan } from "../support/approval-scene.ts";
import { ENV, environmentPlan, IN_PROD, opened, P1, promotionPlan, World } from "../support/deps.ts";
import { rewritePlan, rewritePlanAndHeader } from "../support/tampering.ts";

const NAME = { ...IN_PROD, approval: "before" };
const otherArtifact = (json: string) =>
  json.replace(/"artifact":\{[^}]*\}/, '"artifact":{"from":"version","version":"6"}');

let world: World;
const capture = () => captureBaseline(world.deps)(IN_PROD);
const deploy = () => deployCandidate(world.deps)({ ...IN_PROD, target: "order" });

async function settled(state: ApprovalRecord["state"]): Promise<void> {
  const record = await loadApproval(world.ledger, NAME);
  await world.ledger.write([changeApproval(record, { state, endedAt: world.clock.now() })]);
}

beforeEach(async () => {
  world = new World();
  await opened(world, promotionPlan([environmentPlan({ approvals: [approvalPlan()] })]));
  await enterEnvironment(world.deps)({ promotionId: P1, position: 0 });
  await askApproval(world.deps)(NAME);
  await settled("approved");
});

describe("what was approved", () => {
  it("is captured, and made", async () => {
    expect(await capture()).toMatchObject({ decision: "go" });
    await expect(deploy()).rejects.toThrow(/being replaced/);
  });

  it.each([
    ["its plan alone", rewritePlan],
    ["its plan and the header's hashes", rewritePlanAndHeader],
  ])("is not captured, and not made, once somebody has changed %s", async (_what, hand) => {
    await capture();
    await hand(world.ledger, { promotionId: P1, environment: ENV }, otherArtifact);
    const refusal = /approval "before" of prod was given for something else/;
    await expect(capture()).rejects.toMatchObject({ name: "NotAsApproved", message: expect.stringMatching(refusal) });
    await expect(deploy()).rejects.toMatchObject({ name: "NotAsApproved" });
    expect(world.code("order").updates).toEqual([]);
    expect(world.target("order").calls).toBe(0);
  });

  it("is held against approvals that were given alone, and this environment's", async () => {
    await rewritePlanAndHeader(world.ledger, { promotionId: P1, environment: ENV }, otherArtifact);
    await settled("cancelled");
    expect(await capture()).toMatchObject({ decision: "go" });
  });
});
