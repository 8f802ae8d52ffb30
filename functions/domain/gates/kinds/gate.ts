/**
 * What a kind of gate says of itself. Policies ask for gates under `checks`; the plan holds them, `run.ts` runs them.
 *
 * "I want another kind of check" is one file beside this one and one line in `table.ts`: policy, plan, run, permissions and
 * sandbox follow from the table. A kind is one object, pure but for its `run`; that is a member and no export of its own,
 * so that what a kind is stands on one page. It knows ports and the domain's root, no SDK and no other kind.
 */
import type * as z from "zod";
import type { Consequence, EnvironmentPlan, GatePlan, PromotionPlan, When } from "../../plan.ts";
import type { Dependencies, Place } from "../../ports.ts";

/** What a policy says of a gate of any kind, durations in seconds; the kind's own fields are read by the kind alone. */
export interface GateInput {
  readonly kind: string;
  readonly when?: When | undefined;
  readonly name?: string | undefined;
  readonly onFail?: Consequence | undefined;
}

/** What every gate's plan has, whatever its kind. */
export type EveryGate = Omit<GatePlan, "kind">;

/** Steps from one place of a document to another: `["metric", "dimensions", "QueueName"]`. */
export type Field = readonly (string | number)[];

/** A place in a document: text is filled there, and problems are said of it. An empty field is the place itself. */
export interface Spot {
  /** Fills the placeholders of a text; one that is unknown is refused. */
  fill(field: Field, text: string): string;
  refuse(field: Field, message: string, hint: string): void;
  /** As `refuse`, where showing the value would leak it. */
  refuseHidden(field: Field, message: string, hint: string): void;
  warn(field: Field, message: string, hint: string): void;
}

/** Where a gate is resolved: its place in the documents, and what of them it may look at. */
export interface GateSpot extends Spot {
  readonly environment: string;
  /** The environments before this one, in the policy's order. */
  readonly earlier: readonly string[];
  /** The environments that the release goes through. */
  readonly promotedThrough: readonly string[];
  /** What the release claims, and where it says so. */
  readonly evidence: PromotionPlan["evidence"];
  readonly claims: Spot;
}

/** The version that the registry holds for an environment. */
export interface Serving {
  readonly version: string;
  /** Epoch ms. */
  readonly since: number;
  /** SHA-256 of the code by target, as far as it is known. */
  readonly code: Readonly<Record<string, string | null>>;
}

/** The moment at which gates run. */
export interface GateScene {
  readonly service: string;
  readonly version: string;
  readonly plan: EnvironmentPlan;
  readonly place: Place;
  evidence(): Promise<PromotionPlan["evidence"]>;
  /** What serves in another environment; null: nothing was ever promoted there. */
  serving(environment: string): Promise<Serving | null>;
}

export type GateTools = Pick<Dependencies, "alarms" | "clock" | "metrics" | "prober" | "web">;

export interface Finding {
  readonly passed: boolean;
  /** What was seen, for the trail and for approvers. */
  readonly found: string;
}

/** What one gate found, with what a failure asks for. */
export interface GateResult extends Finding {
  readonly name: string;
  readonly onFail: Consequence;
}

/** What a kind makes of the tools: reads where resources live, and partitions of the ledger. */
export interface GateNeeds {
  readonly accounts?: readonly ("watch" | "invoke")[];
  readonly reads?: readonly "registry"[];
}

/** `I`: what the policy says, `P`: what the kind adds to the plan. */
export interface Gate<I = unknown, P extends object = object> {
  /** One line for the policy's schema: what holds once the gate has passed. */
  readonly description: string;
  /** The kind's own fields in the policy, beside kind, when, name and onFail. */
  readonly fields: z.ZodRawShape;
  readonly needs: GateNeeds;
  /** What reports call the gate unless the policy names it. */
  title(input: I, environment: string): string;
  /** The kind's own part of the plan; what is wrong is said to `spot`. */
  resolve(input: I, every: EveryGate, spot: GateSpot): P;
  /** Looks once. Throws what its ports throw: a gate that could not look has not failed. */
  run(plan: GatePlan & P, tools: GateTools, scene: GateScene): Promise<Finding>;
  /** Functions that it invokes, templates and all: they are granted by name. */
  invokes?(input: I): readonly string[];
  /** Alarms that must be there for it to pass; the sandbox makes those that its scenario leaves out. */
  alarms?(plan: GatePlan & P): readonly string[];
}
