export interface Letter {
  readonly subject: string;
  readonly body: string;
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

/** The fact that an approver's mail was refused, in the round that began then. */
export const unasked = (approval: string, askedAt: number) => `unasked-${approval}-${askedAt}`;
