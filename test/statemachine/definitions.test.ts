import { existsSync } from "node:fs";
import validate from "asl-validator";
import { describe, expect, test } from "vitest";
import { TERMINAL_ERRORS, TRANSIENT_ERRORS } from "../../functions/domain/errors.ts";
import { OUTCOMES } from "../../functions/domain/outcomes.ts";
import { placeholderOf } from "../../infra/functions.ts";
import type { MachineName } from "../../infra/parts/machines.ts";
import { RETRY_POLICIES, type RetryPolicyName, totalWait } from "../../infra/retry-policies.ts";
import { matchesError } from "../../sandbox/asl/recovery.ts";
import {
  type Catch,
  definitions,
  isCall,
  isChild,
  isTokenWait,
  label,
  MACHINE_NAMES,
  type Named,
  placeholderIn,
  reachableFrom,
  states,
  tasks,
  textsIn,
} from "./definition.ts";
import { isThere, pathsAt, readsOf } from "./produced.ts";

/** Labels of the states that break a rule: empty when it holds, and readable when it does not. */
const breaking = (among: readonly Named[], breaks: (named: Named) => boolean): string[] =>
  among.filter(breaks).map(label);

const kebab = (name: string) => name.toLowerCase().replaceAll(" ", "-");

describe("every definition", () => {
  test.each(MACHINE_NAMES)("%s is valid States Language", (machine) => {
    const { isValid, errorsText } = validate(definitions[machine], { checkArn: true, checkPaths: true });
    expect(isValid, errorsText("\n")).toBe(true);
  });

  test("says of each state, and of itself, why it is there", () => {
    expect(breaking(states, ({ state }) => (state.Comment ?? "").length < 20)).toEqual([]);
    for (const machine of MACHINE_NAMES) expect(definitions[machine]).toHaveProperty("Comment");
  });

  test("has placeholders nowhere but as whole texts, one of a function or a machine each", () => {
    for (const machine of MACHINE_NAMES) {
      const texts = textsIn(definitions[machine]).filter(({ text }) => text.includes("${"));
      expect(texts.filter(({ text }) => !/^\$\{[A-Z]\w+\}$/.test(text))).toEqual([]);
      expect(texts.map(({ key }) => key).filter((key) => !["FunctionName", "StateMachineArn"].includes(key))).toEqual(
        [],
      );
    }
  });

  test("reaches each of its states", () => {
    for (const machine of MACHINE_NAMES) {
      const graph = definitions[machine];
      expect(reachableFrom(graph, graph.StartAt)).toEqual(new Set(Object.keys(graph.States)));
    }
  });
});

describe("names", () => {
  test("of tasks are those of the handlers' files, except for pauses and children", () => {
    const calls = tasks.filter((named) => isCall(named) && !isTokenWait(named));
    const fileOf = (named: Named) => {
      const words = kebab(named.name).split("-");
      const prefixes = words.map((_, index) => words.slice(0, words.length - index).join("-"));
      return prefixes.find((name) => existsSync(new URL(`../../functions/${name}.ts`, import.meta.url))) ?? "";
    };
    expect(breaking(calls, (named) => placeholderOf(fileOf(named)) !== placeholderIn(named))).toEqual([]);
  });

  test("of choices are questions", () => {
    expect(breaking(states, ({ name, state }) => (state.Type === "Choice") !== name.endsWith("?"))).toEqual([]);
  });

  test("of pauses run the one handler for pauses", () => {
    expect(breaking(tasks.filter(isTokenWait), (named) => placeholderIn(named) !== "Pause")).toEqual([]);
  });
});

describe("time", () => {
  test("is limited for every task, pauses included", () => {
    expect(
      breaking(tasks, ({ state }) => (state.TimeoutSeconds === undefined) === (state.TimeoutSecondsPath === undefined)),
    ).toEqual([]);
  });

  test("of pauses and waits comes by path", () => {
    expect(breaking(tasks.filter(isTokenWait), ({ state }) => state.TimeoutSecondsPath === undefined)).toEqual([]);
    const waits = states.filter(({ state }) => state.Type === "Wait");
    expect(breaking(waits, ({ state }) => state.SecondsPath === undefined)).toEqual([]);
  });

  test("between heartbeats is shorter than all of it", () => {
    expect(
      breaking(
        tasks,
        ({ state }) => (state.HeartbeatSeconds ?? 0) >= (state.TimeoutSeconds ?? Number.POSITIVE_INFINITY),
      ),
    ).toEqual([]);
  });
});

describe("errors", () => {
  const OWN = /^(States|Lambda|Sandbox|StepFunctions)\.\w+$/;
  const ours: readonly string[] = [...TRANSIENT_ERRORS, ...TERMINAL_ERRORS];
  const catchesOf = ({ state }: Named) => state.Catch ?? [];
  const matched = (named: Named) =>
    [...(named.state.Retry ?? []), ...catchesOf(named)].flatMap((one) => one.ErrorEquals);

  test("that are matched exist: in the domain, or as a service's own", () => {
    const strange = states.flatMap(matched).filter((name) => !OWN.test(name) && !ours.includes(name));
    expect(strange).toEqual([]);
  });

  test("of the domain are each matched wherever a handler runs: another try for some, an end for the others", () => {
    const calls = tasks.filter(isCall);
    const retried = (named: Named) => (named.state.Retry ?? []).flatMap((one) => one.ErrorEquals);
    expect(breaking(calls, (named) => TRANSIENT_ERRORS.some((name) => !retried(named).includes(name)))).toEqual([]);
    expect(breaking(calls, (named) => TERMINAL_ERRORS.some((name) => retried(named).includes(name)))).toEqual([]);
    // A terminal error is an end like any other that nobody foresaw: States.ALL matches it as well as its own name would.
    const ends = (named: Named, error: string) =>
      catchesOf(named).some(({ ErrorEquals }) => matchesError(ErrorEquals, error));
    expect(breaking(calls, (named) => TERMINAL_ERRORS.some((name) => !ends(named, name)))).toEqual([]);
  });

  test("are named by a catcher only where it leads elsewhere than the one for all", () => {
    const leadsTo = ({ Next, ResultPath = "$" }: Catch) => `${Next} ${ResultPath}`;
    const isDoubled = (one: Catch, all: Catch) =>
      one !== all &&
      leadsTo(one) === leadsTo(all) &&
      one.ErrorEquals.every((name) => matchesError(all.ErrorEquals, name));
    const doubled = (named: Named) => {
      const all = catchesOf(named).find(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
      return all !== undefined && catchesOf(named).some((one) => isDoubled(one, all));
    };
    expect(breaking(states, doubled)).toEqual([]);
  });

  test("of all kinds are caught last and alone, and what States.ALL leaves out by name", () => {
    const catching = states.filter((named) => catchesOf(named).length > 0);
    expect(breaking(catching, (named) => catchesOf(named).at(-1)?.ErrorEquals.join() !== "States.ALL")).toEqual([]);
    const early = (named: Named) =>
      catchesOf(named)
        .slice(0, -1)
        .some(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
    expect(breaking(catching, early)).toEqual([]);
    expect(breaking(catching, (named) => !matched(named).includes("States.DataLimitExceeded"))).toEqual([]);
    const retriesAll = ({ state }: Named) => (state.Retry ?? []).some((one) => one.ErrorEquals.includes("States.ALL"));
    expect(breaking(states, retriesAll)).toEqual([]);
  });

  test("of every task are caught by itself: a Map that has to catch them cuts off its other calls", () => {
    expect(breaking(tasks, (named) => catchesOf(named).length === 0)).toEqual([]);
  });

  test("of time-outs are caught together, since the service has two names for the end of a pause", () => {
    const alone = (named: Named) =>
      catchesOf(named).some(({ ErrorEquals: names }) => {
        return names.includes("States.Timeout") !== names.includes("States.HeartbeatTimeout");
      });
    expect(breaking(states, alone)).toEqual([]);
    const over = (named: Named) => catchesOf(named)[0]?.ErrorEquals.includes("States.Timeout") === true;
    expect(breaking(tasks.filter(isTokenWait), (named) => !over(named))).toEqual([]);
  });

  test("lead to an end that fails the promotion, unless a comment says that the state recovers", () => {
    for (const named of states.filter((one) => catchesOf(one).length > 0)) {
      const graph = definitions[named.machine];
      for (const { Next, ErrorEquals } of catchesOf(named)) {
        if (ErrorEquals.includes("States.Timeout")) continue;
        const ends = [...reachableFrom(graph, Next)].filter((name) => graph.States[name]?.Type === "Fail");
        // What a state goes on to anyway speaks for itself, not for those before it.
        const speaking = [named.state, ...(Next === named.state.Next ? [] : [graph.States[Next]])];
        const recovers = speaking.some((state) => state?.Comment?.includes("Recovers"));
        expect(ends.length > 0 || recovers, `${label(named)} -> ${Next}`).toBe(true);
      }
    }
  });
});

describe("retries", () => {
  const RESTORING: readonly string[] = ["RestoreTraffic", "PagePeople", "ClosePromotion"];

  function policyFor(named: Named): RetryPolicyName {
    if (isChild(named)) return "nested";
    if (isTokenWait(named)) return "pause";
    if (placeholderIn(named) === "DeployCandidate") return "deploy";
    return RESTORING.includes(placeholderIn(named)) ? "restore" : "step";
  }

  test.each(tasks.map((named) => [label(named), policyFor(named), named] as const))(
    "of %s are the policy %s",
    (_label, policy, { state }) => {
      expect(state.Retry).toEqual(RETRY_POLICIES[policy].retriers);
    },
  );

  test.each(Object.entries(RETRY_POLICIES))("of %s wait as long as stated", (_name, { retriers, waits }) => {
    expect(retriers.map((retrier) => Math.round(totalWait(retrier)))).toEqual(waits);
  });
});

describe("data", () => {
  const INTRINSICS = [
    "States.Format",
    "States.MathAdd",
    "States.ArrayGetItem",
    "States.ArrayLength",
    "States.JsonToString",
  ];
  const PLAIN = /^\$(\$)?(\.[A-Za-z_]\w*)*$/;

  /** Texts that the service reads as paths or calls: dynamic values, and the fields that are paths by name. */
  const expressions = states.flatMap(({ machine, name, state }) =>
    textsIn(state.ItemProcessor === undefined ? state : { ...state, ItemProcessor: undefined })
      .filter(({ key }) => key.endsWith(".$") || key.endsWith("Path") || key === "Variable")
      .map(({ text }) => ({ where: `${machine}: ${name}`, text })),
  );

  test("is reached by plain paths and five functions only, which every engine reads alike", () => {
    const strange = expressions.filter(({ text }) => {
      const call = /^(States\.\w+)\(([^()]*)\)$/.exec(text);
      if (call === null) return !PLAIN.test(text);
      const [, intrinsic = "", inner = ""] = call;
      return (
        !INTRINSICS.includes(intrinsic) ||
        inner.split(",").some((part) => part.includes("$") && !PLAIN.test(part.trim()))
      );
    });
    expect(strange).toEqual([]);
  });

  test("of a task token goes to every pause and to nothing else", () => {
    const takesToken = ({ state }: Named) => JSON.stringify(state.Parameters ?? {}).includes("$$.Task.Token");
    expect(breaking(states, (named) => takesToken(named) !== isTokenWait(named))).toEqual([]);
  });

  test("chosen by always has a way for what is not expected", () => {
    expect(breaking(states, ({ state }) => state.Type === "Choice" && state.Default === undefined)).toEqual([]);
  });

  const INPUTS: Readonly<Record<MachineName, readonly string[]>> = {
    promotion: [],
    queue: ["$.promotionId", "$.position", "$.turn"],
    approval: ["$.promotionId", "$.environment", "$.approval", "$.chunk"],
    rollout: ["$.promotionId", "$.environment"],
    bake: ["$.promotionId", "$.environment", "$.phase", "$.chunk"],
    rollback: ["$.promotionId", "$.error"],
  };

  test.each(MACHINE_NAMES)("that %s reads was produced on every way to where it is read", (machine) => {
    const graph = definitions[machine];
    const at = pathsAt(graph, new Set(INPUTS[machine]));
    const missing = Object.entries(graph.States).flatMap(([name, state]) =>
      readsOf(state)
        .filter((path) => !isThere(at.get(name) ?? new Set(), path))
        .map((path) => `${name} reads ${path}`),
    );
    expect(missing).toEqual([]);
  });

  test("given to a child is what it reads", () => {
    for (const named of tasks.filter(isChild)) {
      const child = MACHINE_NAMES.find((machine) => `${placeholderOf(machine)}Machine` === placeholderIn(named));
      const given = Object.keys(named.state.Parameters?.Input ?? {}).map((key) => `$.${key.replace(/\.\$$/, "")}`);
      expect(given, label(named)).toEqual(expect.arrayContaining([...INPUTS[child ?? "promotion"]]));
    }
  });

  test("links a child to its parent, and its name comes from a handler", () => {
    const children = tasks.filter(isChild);
    expect(
      breaking(
        children,
        ({ state }) => !("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$" in Object(state.Parameters?.Input)),
      ),
    ).toEqual([]);
    expect(breaking(children, ({ state }) => !("Name.$" in (state.Parameters ?? {})))).toEqual([]);
  });

  test("of a finished child stays small: only what is selected is kept", () => {
    const kept = tasks.filter(({ state }) => state.ResultPath !== null);
    expect(breaking(kept, ({ state }) => state.ResultSelector === undefined)).toEqual([]);
  });
});

const RUN_BEFORE = "StepFunctions.ExecutionAlreadyExistsException";
const isRunBefore = (names: readonly string[]) => names.includes(RUN_BEFORE);

describe("a child that has run and ended before its start was heard of", () => {
  test("is followed by what reads from the ledger how it ended, and by no error", () => {
    const found = tasks.filter(isChild).flatMap((named) => {
      const clause = (named.state.Catch ?? []).find(({ ErrorEquals }) => isRunBefore(ErrorEquals));
      return clause === undefined ? [] : [[label(named), clause.ErrorEquals, clause.ResultPath, clause.Next]];
    });
    expect(found).toEqual([
      ["promotion: Wait in queue", [RUN_BEFORE], null, "Enter environment"],
      ["promotion: Get approval", [RUN_BEFORE], null, "Check window"],
      ["promotion: Roll out", [RUN_BEFORE], null, "Check gates after"],
      ["promotion: Roll back", [RUN_BEFORE], null, "Close promotion"],
    ]);
  });
});

describe("ends", () => {
  test("of children are data: none of them fails", () => {
    const failing = states.filter(({ machine, state }) => machine !== "promotion" && state.Type === "Fail");
    expect(failing.map(label)).toEqual([]);
  });

  test("of the promotion succeed for one outcome and fail under an outcome's name for all others", () => {
    const ends = states.filter(({ state }) => ["Fail", "Succeed"].includes(state.Type));
    expect(ends.map(label)).toEqual([
      "promotion: Promoted",
      "promotion: Not promoted",
      "promotion: Not closed",
      "promotion: Not opened",
    ]);
    for (const { state } of ends.filter((end) => end.state.Type === "Fail")) {
      expect(state.ErrorPath ?? state.Error).toSatisfy(
        (name: string) => name === "$.closed.outcome" || OUTCOMES.some((outcome) => outcome === name),
      );
    }
  });

  test("of every catch on the way after the first lock pass by the restore", () => {
    const { States: all } = definitions.promotion;
    const before = ["Open promotion", "Restore traffic", "Roll back", "Close promotion"];
    for (const [name, { Catch: catches = [] }] of Object.entries(all)) {
      if (before.includes(name)) continue;
      const elsewhere = catches.filter(({ Next, ErrorEquals }) => {
        return Next !== "Restore traffic" && !ErrorEquals.includes("States.Timeout") && !isRunBefore(ErrorEquals);
      });
      expect(elsewhere, name).toEqual([]);
    }
  });
});
