/** Who may import whom. The floors are the domain's; the areas are the whole tree's. */
import type { Area, Exception } from "./rules.ts";

/** The rooms of the domain, from the ground up: the ledger is the ground of all that acts, closing is the roof. */
export const FLOORS = [
  [""],
  ["judge/statistics", "gates/kinds"],
  ["documents"],
  ["plan"],
  ["ledger"],
  ["notices"],
  ["traffic", "approval"],
  ["gates"],
  ["candidate", "judge"],
  ["promotion"],
] as const;

/** Kinds of targets as the rest may know them: by their interface and their table, never by name. */
const KINDS = ["functions/targets/kind.ts", "functions/targets/kinds.ts"];
/** Permissions that kinds ask for: whoever deploys reads them. */
const GRANTS = ["functions/targets/grant.ts", "functions/targets/grants.ts", "functions/targets/*/grants.ts"];
const NODE = "node:*";

export const AREAS: readonly Area[] = [
  {
    // A kind's pure half is read as the domain is, and by it: it knows the shared language and no room.
    files: [...KINDS, "functions/targets/*/kind.ts", "functions/targets/*/series.ts"],
    may: ["functions/domain/*.ts", ...KINDS, "functions/targets/*/kind.ts", "functions/targets/*/series.ts"],
    packages: ["zod"],
  },
  {
    files: GRANTS,
    may: ["functions/domain/*.ts", "functions/targets/*/kind.ts", ...GRANTS, ...KINDS],
    packages: [],
  },
  {
    files: ["functions/targets/**"],
    may: ["functions/domain/**", "functions/targets/**", "functions/adapters/**"],
    packages: ["@aws-sdk/*", NODE],
  },
  { files: ["functions/domain/**"], may: ["functions/domain/**", ...KINDS], packages: ["zod", "temporal-polyfill"] },
  {
    files: ["functions/adapters/**"],
    may: ["functions/domain/**", "functions/adapters/shared/**", ...KINDS],
    packages: ["@aws-sdk/*", "@smithy/types", NODE],
  },
  { files: ["functions/pages/**"], may: ["functions/pages/**", "functions/domain/**", ...KINDS], packages: ["zod"] },
  {
    // The only one that makes adapters.
    files: ["functions/runtime/**"],
    may: [
      "functions/runtime/**",
      "functions/adapters/**",
      "functions/domain/**",
      "functions/pages/http.ts",
      "functions/pages/failure.ts",
      "functions/pages/mail.ts",
      "functions/targets/adapters.ts",
      ...KINDS,
    ],
    packages: null,
  },
  {
    files: ["functions/*.ts"],
    may: ["functions/domain/**", "functions/pages/**", "functions/runtime/**", ...KINDS],
    packages: ["zod"],
  },
  {
    files: ["infra/**"],
    // Of the pages it takes what API Gateway answers by itself.
    may: ["infra/**", "functions/domain/**", "functions/runtime/**", "functions/pages/failure.ts", ...GRANTS, ...KINDS],
    packages: null,
  },
  {
    files: ["cli/**"],
    may: ["cli/**", "functions/domain/**", "functions/pages/**", "functions/runtime/**", "sandbox/**", ...KINDS],
    packages: null,
  },
  { files: ["sandbox/clock.ts"], may: [], packages: ["node:async_hooks"] },
  { files: ["sandbox/chance/**"], may: ["sandbox/chance/**"], packages: [] },
  { files: ["sandbox/asl/**"], may: ["sandbox/asl/**", "sandbox/clock.ts"], packages: ["@aws-sdk/*"] },
  {
    // Simulated services know AWS and nothing of Headgate, nor the world that calls them.
    files: ["sandbox/aws/**"],
    may: ["sandbox/aws/**", "sandbox/asl/**", "sandbox/chance/**", "sandbox/clock.ts"],
    packages: ["@aws-sdk/*", "@smithy/*", NODE],
  },
  {
    // It makes what each kind expects to find in AWS, kind by kind.
    files: ["sandbox/host/**"],
    may: [
      "sandbox/**",
      "functions/domain/**",
      "functions/runtime/**",
      "functions/targets/*/kind.ts",
      "infra/functions.ts",
      ...KINDS,
    ],
    packages: null,
  },
  {
    files: ["sandbox/**"],
    may: [
      "sandbox/**",
      "functions/domain/**",
      "functions/pages/**",
      "functions/runtime/**",
      "infra/functions.ts",
      ...KINDS,
    ],
    packages: null,
  },
  // What teams copy: it knows nothing of Headgate but the contract.
  { files: ["examples/**"], may: ["examples/**"], packages: ["@smithy/signature-v4", NODE] },
  { files: ["bench/**"], may: ["bench/**", "cli/**", "functions/**", "infra/**", "sandbox/**"], packages: null },
];

export const EXCEPTIONS: readonly Exception[] = [
  {
    from: "cli/remote.ts",
    to: "functions/adapters/dynamodb-ledger.ts",
    why: "break-glass reads the deployed ledger with a person's own credentials, without Headgate's runtime",
  },
  {
    from: "infra/parts/notices.ts",
    to: "functions/adapters/sns-mailer.ts",
    why: "subscriptions filter by the attribute that the mailer sets: one constant",
  },
  {
    from: "sandbox/sandbox.ts",
    to: "functions/adapters/dynamodb-ledger.ts",
    why: "the sandbox reads the ledger as the functions wrote it",
  },
];
