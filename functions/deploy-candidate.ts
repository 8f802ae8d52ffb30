/** Publishes one target's candidate at weight 0; asked again while its code or its version is coming up. */
import * as z from "zod";
import { requireAsApproved } from "./domain/approval/load-bound.ts";
import { deploy } from "./domain/candidate/deploy.ts";
import { EnvironmentInput } from "./domain/inputs.ts";
import { loadHead } from "./domain/ledger/load.ts";
import type { Dependencies } from "./domain/ports.ts";
import { whyStopped } from "./domain/traffic/journal.ts";
import { stopRollout } from "./domain/traffic/stop.ts";
import { step } from "./runtime/step.ts";

const Input = EnvironmentInput.extend({ target: z.string() });

export const deployCandidate =
  (deps: Dependencies) =>
  async ({ target, ...promotion }: z.output<typeof Input>) => {
    const head = await loadHead(deps.ledger, promotion.promotionId, promotion.environment);
    if (head.state !== "open") return { decision: "stop", summary: whyStopped(head) };
    await requireAsApproved(deps, promotion.promotionId, promotion.environment);
    const deployed = await deploy(deps, promotion, target);
    if ("version" in deployed) return { decision: "go", summary: `version ${deployed.version} is published` };
    const summary = `${target}: ${deployed.refusal}`;
    return stopRollout(deps, promotion, { by: "gate", outcome: "blocked", summary });
  };

export const handler = step("deploy-candidate", Input, deployCandidate);
