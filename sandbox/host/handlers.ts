/** Every handler that the machines and the sandbox's events can reach, by the name of its step. */
import { handler as alarmListener } from "../../functions/alarm-listener.ts";
import { handler as approvalPage } from "../../functions/approval-page.ts";
import { handler as askApproval } from "../../functions/ask-approval.ts";
import { handler as beginBake } from "../../functions/begin-bake.ts";
import { handler as captureBaseline } from "../../functions/capture-baseline.ts";
import { handler as checkGates } from "../../functions/check-gates.ts";
import { handler as checkWindow } from "../../functions/check-window.ts";
import { handler as closePromotion } from "../../functions/close-promotion.ts";
import { handler as decide } from "../../functions/decide.ts";
import { handler as deployCandidate } from "../../functions/deploy-candidate.ts";
import { handler as enterEnvironment } from "../../functions/enter-environment.ts";
import { handler as finishRollout } from "../../functions/finish-rollout.ts";
import { handler as judge } from "../../functions/judge.ts";
import { handler as openPromotion } from "../../functions/open-promotion.ts";
import { handler as operate } from "../../functions/operate.ts";
import { handler as pagePeople } from "../../functions/page-people.ts";
import { handler as pause } from "../../functions/pause.ts";
import { handler as planMove } from "../../functions/plan-move.ts";
import { handler as preserveEvidence } from "../../functions/preserve-evidence.ts";
import { handler as probeCandidate } from "../../functions/probe-candidate.ts";
import { handler as recordEnvironment } from "../../functions/record-environment.ts";
import { handler as restoreCode } from "../../functions/restore-code.ts";
import { handler as restoreTraffic } from "../../functions/restore-traffic.ts";
import { handler as retireVersions } from "../../functions/retire-versions.ts";
import type { Step } from "../../functions/runtime/step.ts";
import { handler as settleApproval } from "../../functions/settle-approval.ts";
import { handler as shiftTraffic } from "../../functions/shift-traffic.ts";
import { handler as startPromotion } from "../../functions/start-promotion.ts";
import { handler as statusListener } from "../../functions/status-listener.ts";
import { handler as sweeper } from "../../functions/sweeper.ts";
import { handler as verifyRecovery } from "../../functions/verify-recovery.ts";

const all: readonly Step<unknown>[] = [
  sweeper,
  retireVersions,
  statusListener,
  operate,
  startPromotion,
  decide,
  approvalPage,
  alarmListener,
  askApproval,
  beginBake,
  captureBaseline,
  checkGates,
  checkWindow,
  closePromotion,
  deployCandidate,
  enterEnvironment,
  finishRollout,
  judge,
  openPromotion,
  pagePeople,
  pause,
  planMove,
  preserveEvidence,
  probeCandidate,
  recordEnvironment,
  restoreCode,
  restoreTraffic,
  settleApproval,
  shiftTraffic,
  verifyRecovery,
];

export const HANDLERS: ReadonlyMap<string, Step<unknown>> = new Map(all.map((handler) => [handler.step, handler]));
