/** What people are told: notices, of which each has a name, and pages, which wake somebody about a fact. */

/** A notice before it has an address. */
export interface Wording {
  readonly subject: string;
  /** Plain text. */
  readonly body: string;
  /** The one link that it may hold; any other is written so that no mail program opens it. */
  readonly link?: string;
}

/** Sent once under its name to each address. */
export interface Notice extends Wording {
  readonly name: string;
}

/** A notice that reads differently for each of its readers. */
export interface PersonalNotice {
  readonly name: string;
  /** Worked out only for who has not been told yet. */
  readonly wordingFor: (address: string) => Promise<Wording>;
}

/**
 * When it is noted that a notice went out. `before`: in doubt it is lost, since a second one is worse and every fact of it
 * stands in the record too. `after`: in doubt it comes twice, but not never.
 */
export type Mark = "before" | "after";

/** How a notice fared. */
export interface Delivery {
  /** Who was not told by this call, nor by one before it. */
  readonly failed: readonly { readonly to: string; readonly error: unknown }[];
}

export interface PageWording extends Wording {
  /** It asks for something that is moot once the promotion has ended. */
  readonly asks?: boolean;
}

export interface Paged {
  /** Everybody has it. */
  readonly everybody: boolean;
  /** Somebody has it, by now or from before. */
  readonly somebody: boolean;
}

/** The fact that somebody else moved this target. */
export const movedBySomebody = (target: string) => `moved-${target}`;

/** The fact that traffic of ours is not known to be back. */
export const UNSAFE = "unsafe";

/** The fact that a hold needs a person's decision. */
export const decisionOn = (phase: string) => `decide-${phase}`;

/** The fact that something speaks against the candidate since traffic was set (epoch ms), with no baseline beside it. */
export const againstAlone = (since: number) => `before-after-${since}`;

/** The fact that what an approval is about was changed after people were asked, in the round that began then. */
export const changedSince = (approval: string, askedAt: number) => `changed-${approval}-${askedAt}`;

/** The fact that an approver's mail was refused, in the round that began then. */
export const unasked = (approval: string, askedAt: number) => `unasked-${approval}-${askedAt}`;

/** The fact that those whom the policy left an approval cannot fill its roles, as found then. */
export const outOfPeople = (approval: string, at: number) => `people-${approval}-${at}`;

/** The fact that links are held back, in the round that began then. */
export const heldBackLinks = (approval: string, askedAt: number) => `held-back-${approval}-${askedAt}`;

/** The fact that links were mailed unlooked, in the round that began then. */
export const unlookedLinks = (approval: string, askedAt: number) => `unlooked-${approval}-${askedAt}`;
