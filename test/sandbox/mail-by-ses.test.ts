/** A whole promotion with approvals whose mails go by SES: as deployed, from asking to the last notice. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvePlan } from "../../functions/domain/plan/resolve.ts";
import { MAIL_FROM } from "../../sandbox/host/deployment.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { readScenario } from "../../sandbox/world/scenario.ts";

const { policy, starts, scenario } = JSON.parse(readFileSync("test/faults/plans/mid-approval.json", "utf8"));
const [{ release }] = starts;
const PATIENCE_MS = 60_000;

test(
  "people approve by the links in mails from the team's own sender, which are HTML and plain text, and nothing goes by SNS",
  async () => {
    const world = readScenario(scenario);
    const resolution = resolvePlan(policy, release, { now: world.startsAt });
    if (!resolution.ok) throw new Error("the example is refused");
    const sandbox = new Sandbox({ scenario: world, policy, plan: resolution.plan, mailBy: "ses" });

    expect((await sandbox.promote(release, "console")).outcome).toBe("promoted");

    expect(sandbox.sns.mailbox).toEqual([]);
    const { mailbox } = sandbox.ses;
    const asked = mailbox.filter(({ subject }) => subject.startsWith("Approve "));
    expect(new Set(asked.map(({ to }) => to))).toEqual(new Set(["ops@shop.example", "lead@shop.example"]));
    for (const { body, html } of asked) {
      const [url = ""] = /https:\S+\/approvals\/[0-9a-f]{64}/.exec(body) ?? [];
      expect(html).toContain(`href="${url}"`);
    }
    for (const { from, headers } of mailbox) {
      expect(from).toBe(MAIL_FROM);
      expect(headers["Auto-Submitted"]).toBe("auto-generated");
    }
  },
  PATIENCE_MS,
);
