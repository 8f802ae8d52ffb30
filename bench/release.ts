/** A release of one target to `prod`, of this artifact. */
export const releaseOf = (target: string, artifact: Readonly<Record<string, string>>) => ({
  apiVersion: "headgate/v1",
  service: "shop",
  version: "v2",
  commit: "0a1b2c3",
  requestedBy: "dev@example.com",
  risk: "low",
  summary: "what the bench shifts",
  artifacts: { [target]: artifact },
  environments: ["prod"],
});
