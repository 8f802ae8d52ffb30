/** A deployed Headgate: what the environment says of it and, where that says nothing, the outputs of its stack. */
import { VARIABLES } from "../functions/runtime/dependencies.ts";
import { type Caller, callerHere, type Output, outputsOf, regionHere, Unlocated } from "./outputs.ts";
import { type Api, signedApi } from "./signed-api.ts";

/** The environment variable that says what an output says. */
const SAID_BY: Readonly<Record<Output, string>> = {
  ApiUrl: "HEADGATE_API_URL",
  LedgerTable: VARIABLES.table,
  PromotionMachineArn: VARIABLES.promotionMachineArn,
};

/** Name of the stack where nobody names another: that of the CDK app's own default. */
const STACK = "headgate";

export interface Where {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** As typed after `--stack`: it goes before the environment. */
  readonly stack?: string | undefined;
  /** Is told that the API is waited for. Takes text with its line ends. */
  readonly note?: (text: string) => void;
  /** Who looks the outputs up; the SDK's own finding where it is left out. */
  readonly caller?: () => Promise<Caller>;
}

export class Deployment {
  readonly #where: Where;
  #outputs: Promise<ReadonlyMap<string, string>> | null = null;

  constructor(where: Where) {
    this.#where = where;
  }

  /** What the environment alone says, without asking anybody; undefined: nothing. */
  said(output: Output): string | undefined {
    const { environment, stack } = this.#where;
    return stack === undefined ? environment[SAID_BY[output]] || undefined : undefined;
  }

  /** An output's value. The stack is asked once, and only for what the environment does not say. Throws `Unlocated`. */
  async find(output: Output): Promise<string> {
    const said = this.said(output);
    if (said !== undefined) return said;
    const { environment, caller = () => callerHere(environment) } = this.#where;
    const stack = this.#where.stack ?? (environment.HEADGATE_STACK || STACK);
    this.#outputs ??= caller().then((who) => outputsOf(stack, who));
    const value = (await this.#outputs).get(output);
    if (value !== undefined && value !== "") return value;
    throw new Unlocated(`the stack "${stack}" has no output ${output}: deploy it again, or set ${SAID_BY[output]}`);
  }

  /** The signed API, as whoever the credentials belong to; it is looked for at its first request. Throws `Unlocated`. */
  get api(): Api {
    const { note = () => {} } = this.#where;
    const say = (text: string) => note(`${text}\n`);
    const found = async () =>
      signedApi((await this.find("ApiUrl")).replace(/\/+$/, ""), { region: await regionHere(), say });
    return {
      post: async (path, body) => (await found()).post(path, body),
      get: async (path) => (await found()).get(path),
    };
  }
}
