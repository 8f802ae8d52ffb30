/** Where Headgate itself lives in the sandbox. */
export interface SandboxPlace {
  readonly account: string;
  readonly region: string;
}

export const CONTROL_ACCOUNT = "111122223333";
