/** Checks the release against the policy in force, pins both, and writes the plan: the first word of the ledger. */
import * as z from "zod";
import { canonicalJson } from "./domain/canonical.ts";
import { type Problem, renderProblems } from "./domain/documents/problems.ts";
import { executionName } from "./domain/inputs.ts";
import { appendAudit } from "./domain/ledger/append-audit.ts";
import type { Header } from "./domain/ledger/header.ts";
import { item } from "./domain/ledger/items.ts";
import { keys } from "./domain/ledger/keys.ts";
import { loadHeader } from "./domain/ledger/load.ts";
import { loadEnding, noteEnding } from "./domain/ledger/note-ending.ts";
import { originInWords } from "./domain/ledger/origin.ts";
import { placeOf, planChanges } from "./domain/ledger/plan-parts.ts";
import { currentPolicy } from "./domain/ledger/policies.ts";
import { notify } from "./domain/notices/notices.ts";
import type { EnvironmentPlan, PromotionPlan, TargetPlan } from "./domain/plan.ts";
import { Conflict, type Dependencies } from "./domain/ports.ts";
import { resolveUnder } from "./domain/promotion/starts.ts";
import { verifiedStarter } from "./domain/promotion/verify-start.ts";
import { fieldsOf } from "./domain/text.ts";
import { step } from "./runtime/step.ts";

const Input = z.strictObject({
  release: z.unknown(),
  executionArn: z.string(),
  executionName: z.string(),
  startedAt: z.string(),
});
type Input = z.output<typeof Input>;

export const openPromotion = (deps: Dependencies) => async (input: Input) => {
  const promotionId = promotionIdOf(deps, input);
  const known = await deps.ledger.read(keys.header(promotionId));
  if (known === undefined) await open(deps, input, promotionId);
  const header = await loadHeader(deps.ledger, promotionId);
  await record(deps, input, header);
  return answer(deps, header);
};

/** Resolves, pins and writes; the header, which says that all of it stands, comes last. */
async function open(deps: Dependencies, input: Input, promotionId: string): Promise<void> {
  const startedBy = await verifiedStarter(deps, input);
  const policy = await currentPolicy(deps.ledger);
  const resolved = resolveUnder(policy, input.release, { now: deps.clock.now(), startedBy });
  const pinned = resolved.ok ? await pinArtifacts(deps, resolved.plan) : resolved;
  const known = { promotionId, startedBy, policyHash: policy?.hash ?? "" };
  const header = headerOf(deps, input, known, pinned.ok ? pinned.plan : null);
  if (!pinned.ok) {
    const problems = renderProblems(pinned.problems).join("\n");
    await noteEnding(deps, promotionId, "blocked", `the release was refused: ${problems}`);
  }
  await writeHeader(deps, header, pinned.ok ? pinned.plan : null);
  if (pinned.ok) await announce(deps, header, pinned.plan);
}

/** From what stands in the ledger, so that a call that was cut off before it is made good by the next one. */
async function record(deps: Dependencies, { release, executionArn }: Input, header: Header): Promise<void> {
  const { promotionId, service, version, policyHash, planHash, startedBy } = header;
  const refused = header.environments.length === 0 ? await loadEnding(deps.ledger, promotionId) : null;
  await appendAudit(deps, promotionId, {
    id: "opened",
    kind: refused === null ? "opened" : "refused",
    summary: refused?.summary ?? `${emergencyIn(release)}${service} ${version}, ${originInWords(header)}`,
    data: { release, policyHash, planHash, startedBy, execution: executionArn },
  });
}

/** The mark of an emergency, of a release that was found good; empty: it is none. */
function emergencyIn(release: unknown): string {
  const { emergency } = fieldsOf(release);
  return emergency === undefined ? "" : `EMERGENCY (${String(fieldsOf(emergency).reason)}): `;
}

/** Same execution, same id: a retried or redriven start finds what the first one wrote. */
function promotionIdOf(deps: Dependencies, { release, executionArn, startedAt }: Input): string {
  const fields = fieldsOf(release);
  const name = (value: unknown) =>
    typeof value === "string" ? value.replace(/[^0-9A-Za-z.-]+/g, "-").slice(0, 24) : "";
  const readable = [name(fields.service), name(fields.version)].filter((part) => part !== "").join("-");
  return `${readable || "promotion"}-${deps.hash(`${executionArn} ${startedAt}`).slice(0, 8)}`;
}

async function pinArtifacts(
  deps: Dependencies,
  plan: PromotionPlan,
): Promise<{ ok: true; plan: PromotionPlan } | { ok: false; problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const environments: EnvironmentPlan[] = [];
  for (const environment of plan.environments) {
    const targets: TargetPlan[] = [];
    for (const target of environment.targets) targets.push(await pinTarget(deps, environment, target, problems));
    environments.push({ ...environment, targets });
  }
  return problems.length === 0 ? { ok: true, plan: { ...plan, environments } } : { ok: false, problems };
}

/** The artifact's content hash, so that what was approved is what is published. */
async function pinTarget(
  deps: Dependencies,
  environment: EnvironmentPlan,
  target: TargetPlan,
  problems: Problem[],
): Promise<TargetPlan> {
  const { artifact } = target;
  const said = artifact.sha256 === undefined ? null : hexOf(artifact.sha256);
  if (artifact.from !== "s3") return said === null ? target : { ...target, artifact: { ...artifact, sha256: said } };
  const path = `artifacts.${target.name}`;
  const where = `s3://${artifact.bucket}/${artifact.key} (version ${artifact.versionId})`;
  const found = await deps.artifacts(placeOf(environment)).object(artifact.bucket, artifact.key, artifact.versionId);
  const sha256 = said ?? found?.sha256 ?? null;
  if (found === undefined) {
    problems.push({
      path,
      value: where,
      message: `does not exist for ${environment.environment}`,
      hint: "upload it, or correct key and versionId",
    });
  } else if (sha256 === null) {
    problems.push({
      path,
      value: where,
      message: "has no SHA-256 checksum",
      hint: "upload with `--checksum-algorithm SHA256`, or give `sha256` in the release",
    });
  } else if (found.sha256 !== null && found.sha256 !== sha256) {
    problems.push({
      path: `${path}.sha256`,
      value: artifact.sha256,
      message: `is not the checksum of ${where}`,
      hint: `the object's is ${base64Of(found.sha256)}`,
    });
  }
  return sha256 === null ? target : { ...target, artifact: { ...artifact, sha256 } };
}

/** People write hashes in base64, as Lambda shows them; everything that compares them has them in hex. */
const hexOf = (base64: string) => Buffer.from(base64, "base64").toString("hex");
const base64Of = (hex: string) => Buffer.from(hex, "hex").toString("base64");

function headerOf(
  deps: Dependencies,
  input: Input,
  known: Pick<Header, "promotionId" | "startedBy" | "policyHash">,
  plan: PromotionPlan | null,
): Header {
  return {
    ...known,
    service: plan?.service ?? "",
    version: plan?.version ?? "",
    state: "open",
    executionArn: input.executionArn,
    openedAt: deps.clock.now(),
    requestedBy: plan?.requestedBy ?? "",
    planHash: plan === null ? "" : deps.hash(canonicalJson(plan)),
    environments: plan?.environments.map(({ environment }) => environment) ?? [],
    outcome: null,
    summary: "",
    closedAt: null,
  };
}

/** Plan and ending first, header last: whoever finds the header finds the whole plan, or why there is none. */
async function writeHeader(deps: Dependencies, header: Header, plan: PromotionPlan | null): Promise<void> {
  for (const part of plan === null ? [] : planChanges(header.promotionId, plan)) await deps.ledger.write([part]);
  try {
    await deps.ledger.write([
      { put: item(keys.header(header.promotionId), header), if: "absent" },
      {
        put: item(keys.open(header.promotionId), {
          promotionId: header.promotionId,
          executionArn: header.executionArn,
        }),
      },
    ]);
  } catch (error) {
    // The same start was tried twice at once; both wrote the same plan.
    if (!(error instanceof Conflict)) throw error;
  }
}

async function announce(deps: Dependencies, header: Header, plan: PromotionPlan): Promise<void> {
  const { promotionId } = header;
  const addresses = new Set(plan.environments.flatMap(({ notices }) => notices));
  const path = plan.environments.map(({ environment }) => environment).join(", then ");
  const emergency = plan.emergency === null ? "" : `EMERGENCY: ${plan.emergency.reason}\n\n`;
  const body = `${emergency}${plan.summary}\n\nEnvironments: ${path}\nTicket: ${plan.ticket ?? "none"}\n${sentence(originInWords(header))}\nPromotion: ${promotionId}\n`;
  await notify(
    deps,
    promotionId,
    { name: "opened", subject: `${plan.service} ${plan.version}: promotion started`, body },
    [...addresses],
  );
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function answer(deps: Dependencies, header: Header) {
  const go = header.state === "open" && header.environments.length > 0;
  return {
    promotionId: header.promotionId,
    decision: go ? "go" : "stop",
    position: 0,
    rollbackName: executionName(deps.hash, header.promotionId, "rollback"),
    summary: go
      ? `${header.service} ${header.version} through ${header.environments.join(", ")}`
      : "refused, or closed already",
  };
}

export const handler = step("open-promotion", Input, openPromotion);
