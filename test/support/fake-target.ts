/** A traffic target, a code host and a prober in memory, with the services' habits that the journal has to live with. */
import { ServiceTrouble } from "../../functions/domain/errors.ts";
import type { CodeArtifact } from "../../functions/domain/plan.ts";
import {
  type CodeHost,
  CodeOutOfReach,
  type CodeState,
  type Prober,
  type PublishedCode,
  type ReadBack,
  type Readiness,
  RevisionMoved,
  type RouteState,
  type TrafficTarget,
  type Versions,
} from "../../functions/domain/ports.ts";
import type { AliasRoute } from "../../functions/targets/lambda-alias/kind.ts";
import type { ManualClock } from "./manual-clock.ts";

/** How one write goes wrong. */
export type WriteFault =
  /** It takes effect; the caller hears nothing. */
  | { readonly kind: "answer lost" }
  /** It takes effect; the SDK sends it again, and the caller hears that the revision has moved. */
  | { readonly kind: "repeated" }
  /** The caller hears nothing, and it takes effect so much later, if its revision still stands. */
  | { readonly kind: "late"; readonly ms: number }
  | { readonly kind: "fails"; readonly error: Error };

export interface FakeTargetOptions {
  /** False: the service has no optimistic lock, and its revision reads null. */
  readonly locked?: boolean;
  /** For so many ms after a write, reads may still show the state before it. */
  readonly staleMs?: number;
  readonly settleMs?: number;
  readonly marker?: string;
}

type AliasState = RouteState & { readonly route: AliasRoute };

interface Write {
  readonly route: AliasRoute;
  readonly revision: string | null;
  readonly marker: string;
  readonly deadline: number;
}

export class FakeTarget implements TrafficTarget {
  readonly readBack: ReadBack;
  /** Writes that took effect, in order, with who asked: `ours` through the port, `theirs` through `moveByHand`. */
  readonly effects: { readonly by: "ours" | "theirs"; readonly route: AliasRoute }[] = [];
  reads = 0;
  calls = 0;
  /** Faults of the next writes, in order; null: this one goes well. */
  readonly faults: (WriteFault | null)[] = [];
  obstaclesFound: string[] = [];
  /** Versions that are up before their first request. */
  readonly warm = new Set<string>();
  readTrouble: Error | null = null;
  /** Runs ahead of each operation, so that a test can hold one back or do something in between. */
  before: (operation: "read" | "write" | "answer") => Promise<void> | void = () => {};

  readonly #clock: ManualClock;
  readonly #locked: boolean;
  readonly #staleMs: number;
  #state: AliasState;
  #previous: AliasState;
  #changedAt = Number.NEGATIVE_INFINITY;
  #changes = 0;

  constructor(clock: ManualClock, route: AliasRoute, options: FakeTargetOptions = {}) {
    const { locked = true, staleMs = 0, settleMs = 1_000, marker = "deployed by hand" } = options;
    this.#clock = clock;
    this.#locked = locked;
    this.#staleMs = staleMs;
    this.readBack = { reads: 2, everyMs: settleMs };
    this.#state = { route, revision: locked ? "r0" : null, marker };
    this.#previous = this.#state;
  }

  /** What really stands there, whatever reads show. */
  get state(): AliasState {
    return this.#state;
  }

  get route(): AliasRoute {
    return this.#state.route;
  }

  /** Somebody else's move, which knows no revision. Lambda keeps a description that an update does not name. */
  moveByHand(route: AliasRoute, marker = this.#state.marker): void {
    this.#change({ route, marker }, "theirs");
  }

  async read(): Promise<RouteState> {
    await this.before("read");
    this.reads += 1;
    if (this.readTrouble !== null) throw this.readTrouble;
    return this.#clock.now() < this.#changedAt + this.#staleMs ? this.#previous : this.#state;
  }

  async write(asked: Parameters<TrafficTarget["write"]>[0]): Promise<void> {
    const change = asked as Write;
    await this.before("write");
    this.calls += 1;
    const fault = this.faults.shift() ?? null;
    if (fault?.kind === "fails") throw fault.error;
    if (fault?.kind === "late") return this.#later(change, fault.ms);
    if (this.#clock.now() >= change.deadline) throw new ServiceTrouble("given up at its deadline");
    this.#take(change);
    await this.before("answer");
    if (fault?.kind === "answer lost") throw new ServiceTrouble("no answer");
    if (fault?.kind === "repeated") throw new RevisionMoved("the revision has moved");
  }

  async startsWarm(version: string): Promise<boolean> {
    return this.warm.has(version);
  }

  async obstacles(): Promise<string[]> {
    return this.obstaclesFound;
  }

  #later(change: Write, ms: number): never {
    this.#clock.at(this.#clock.now() + ms, () => {
      // A service without a lock takes whatever arrives.
      if (!this.#locked || change.revision === this.#state.revision) this.#change(change, "ours");
    });
    throw new ServiceTrouble("no answer in time");
  }

  #take(change: Write): void {
    if (this.#locked && change.revision !== this.#state.revision) {
      throw new RevisionMoved(`${change.revision} is not ${this.#state.revision}`);
    }
    this.#change(change, "ours");
  }

  #change({ route, marker }: { route: AliasRoute; marker: string }, by: "ours" | "theirs"): void {
    this.#previous = this.#state;
    this.#changedAt = this.#clock.now();
    this.#changes += 1;
    this.#state = { route, marker, revision: this.#locked ? `r${this.#changes}` : null };
    this.effects.push({ by, route });
  }
}

/** What candidates are made from, and the versions published from it. */
export class FakeCode implements CodeHost {
  readonly versions = new Map<string, string>();
  /** Settings under which each version was published. */
  readonly frozen = new Map<string, CodeState["settings"]>();
  /** Versions that are not ready, and why. */
  readonly notReady = new Map<string, Readiness>();
  settings: CodeState["settings"] = { MemorySize: "512", Timeout: "30" };
  /** Time-outs of published versions that are not that of now, in seconds. */
  readonly timeOuts = new Map<string, number>();
  timeOut = 30;
  updates: CodeArtifact[] = [];
  /** How long a replacement takes, in ms. */
  updateMs = 8_000;
  /** Whether the answer to the next one is lost; `repeated`: it took effect, and the SDK's second try is refused. */
  nextUpdate: "well" | "answer lost" | "never sent" | "repeated" = "well";
  before: (operation: "current" | "replace" | "publish" | "version") => Promise<void> | void = () => {};
  readonly #clock: ManualClock;
  #sha256: string;
  #changes = 0;
  #busyUntil = 0;

  constructor(clock: ManualClock, sha256: string, versions: Readonly<Record<string, string>>) {
    this.#clock = clock;
    this.#sha256 = sha256;
    for (const [version, code] of Object.entries(versions)) this.versions.set(version, code);
  }

  get sha256(): string {
    return this.#sha256;
  }

  /** Somebody else uploads code. */
  replaceByHand(sha256: string): void {
    this.#sha256 = sha256;
    this.#changes += 1;
  }

  /** Somebody else changes a setting. */
  setByHand(settings: CodeState["settings"]): void {
    this.settings = { ...this.settings, ...settings };
    this.#changes += 1;
  }

  /** Somebody grants a permission: nothing that is published changes, and the revision does. */
  touchByHand(): void {
    this.#changes += 1;
  }

  async current(): Promise<CodeState> {
    await this.before("current");
    const isBusy = this.#clock.now() < this.#busyUntil;
    const readiness: Readiness = isBusy ? { is: "pending", why: "an update is in progress" } : { is: "ready" };
    return {
      sha256: this.#sha256,
      settings: this.settings,
      revision: `c${this.#changes}`,
      readiness,
      ...this.#longest(),
    };
  }

  async replace(artifact: CodeArtifact, { revision, deadline }: { revision: string; deadline: number }): Promise<void> {
    await this.before("replace");
    if (this.#clock.now() >= deadline) throw new ServiceTrouble("given up at its deadline");
    const how = this.nextUpdate;
    this.nextUpdate = "well";
    if (how === "never sent") throw new ServiceTrouble("no answer");
    if (revision !== `c${this.#changes}`) throw new RevisionMoved("the code has changed");
    const sha256 = artifact.from === "s3" ? artifact.sha256 : this.versions.get(artifact.version);
    if (sha256 === undefined) throw new CodeOutOfReach("there is no such code");
    this.updates.push(artifact);
    this.replaceByHand(sha256);
    this.#busyUntil = this.#clock.now() + this.updateMs;
    if (how === "answer lost") throw new ServiceTrouble("no answer");
    if (how === "repeated") throw new RevisionMoved("the code has changed");
  }

  async publish(guard: { sha256: string; revision: string }): Promise<{ version: string; sha256: string }> {
    await this.before("publish");
    if (guard.revision !== `c${this.#changes}` || guard.sha256 !== this.#sha256)
      throw new RevisionMoved("not that code");
    const same = [...this.versions].find(([, sha256]) => sha256 === this.#sha256);
    const version = same?.[0] ?? String(Math.max(0, ...[...this.versions.keys()].map(Number)) + 1);
    this.versions.set(version, this.#sha256);
    if (same === undefined) this.frozen.set(version, this.settings);
    return { version, sha256: this.#sha256 };
  }

  async version(version: string): Promise<PublishedCode | undefined> {
    await this.before("version");
    const sha256 = this.versions.get(version);
    if (sha256 === undefined) return undefined;
    const readiness = this.notReady.get(version) ?? { is: "ready" };
    const settings = this.frozen.get(version) ?? this.settings;
    return { version, sha256, settings, readiness, ...this.#longest(version) };
  }

  #longest(version = ""): Pick<CodeState, "longestSeconds"> {
    return { longestSeconds: this.timeOuts.get(version) ?? this.timeOut };
  }
}

/** The published versions of a function, with what is written on them, and the aliases that point to them. */
export class FakeVersions implements Versions {
  readonly published = new Map<string, string>();
  readonly pointing = new Map<string, readonly string[]>();
  /** Who is set up to call a version itself. */
  readonly called = new Map<string, readonly string[]>();
  callersTrouble: Error | null = null;
  readonly unseen = "who calls it by night";
  removeTrouble: Error | null = null;
  asked = 0;

  async description(version: string): Promise<string | undefined> {
    this.asked += 1;
    return this.published.get(version);
  }

  async aliases(): Promise<{ name: string; versions: readonly string[] }[]> {
    return [...this.pointing].map(([name, versions]) => ({ name, versions }));
  }

  async callers(version: string): Promise<string[]> {
    if (this.callersTrouble !== null) throw this.callersTrouble;
    return [...(this.called.get(version) ?? [])];
  }

  async remove(version: string): Promise<void> {
    if (this.removeTrouble !== null) throw this.removeTrouble;
    this.published.delete(version);
  }
}

export class FakeProber implements Prober {
  readonly invoked: string[] = [];
  answer = { ok: true, found: "200 as expected", ms: 42 };

  async invoke(version: string): Promise<{ ok: boolean; found: string; ms: number }> {
    this.invoked.push(version);
    return this.answer;
  }
}
