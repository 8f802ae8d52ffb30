import { setTimeout as realDelay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sandbox/clock.ts";

const START = Date.UTC(2026, 0, 5, 8, 0, 0);
const DAY = 86_400_000;

describe("virtual time", () => {
  it("moves by exactly what a process sleeps", async () => {
    const clock = new VirtualClock(START);
    const process = clock.spawn("sleeper", async () => {
      await clock.sleep(1_500);
      return clock.now();
    });
    expect(await clock.run()).toBe("idle");
    expect(process.done.value).toEqual({ ok: true, value: START + 1_500 });
  });

  it("passes 40 days in one sleep, beyond what a real timer can hold", async () => {
    const clock = new VirtualClock(START);
    clock.spawn("long", () => clock.sleep(40 * DAY));
    await clock.run();
    expect(clock.now()).toBe(START + 40 * DAY);
  });

  it("stands still while a process does real asynchronous work", async () => {
    const clock = new VirtualClock(START);
    const seen: number[] = [];
    clock.after(1, "soon", () => void seen.push(-1));
    clock.spawn("worker", async () => {
      await realDelay(20);
      await crypto.subtle.digest("SHA-256", new Uint8Array(1_000));
      seen.push(clock.now());
    });
    await clock.run();
    expect(seen).toEqual([START, -1]);
  });

  it("refuses a delay that is negative, endless or not a number", () => {
    const clock = new VirtualClock(START);
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.after(ms, "never", () => {})).toThrow(RangeError);
    }
  });

  it("rounds a fraction of a millisecond up, so that now() stays whole", async () => {
    const clock = new VirtualClock(START);
    clock.spawn("fraction", () => clock.sleep(0.2));
    await clock.run();
    expect(clock.now()).toBe(START + 1);
  });
});

describe("processes", () => {
  it("run one at a time: nobody else runs between two waits of one process", async () => {
    const clock = new VirtualClock(START);
    let inside = 0;
    const worker = (ms: number) => async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        inside += 1;
        expect(inside).toBe(1);
        await Promise.resolve();
        await realDelay(0);
        inside -= 1;
        await clock.sleep(ms);
      }
    };
    const all = [3, 5, 7].map((ms) => clock.spawn(`every ${ms}`, worker(ms)));
    await clock.run();
    expect(all.map((process) => process.done.value?.ok)).toEqual([true, true, true]);
  });

  it("take turns in the order they came when due at the same instant", async () => {
    const clock = new VirtualClock(START);
    const order: string[] = [];
    clock.after(10, "timer", () => void order.push("timer"));
    for (const name of ["a", "b", "c"]) {
      clock.spawn(name, async () => {
        await clock.sleep(10);
        order.push(name);
      });
    }
    await clock.run();
    expect(order).toEqual(["timer", "a", "b", "c"]);
  });

  it("are told off when they wait for two things at once", async () => {
    const clock = new VirtualClock(START);
    clock.spawn("greedy", () => Promise.all([clock.sleep(1), clock.sleep(2)]));
    await expect(clock.run()).rejects.toThrow('process "greedy" waits for two things at once');
  });

  it("are the only ones who can sleep", () => {
    const clock = new VirtualClock(START);
    expect(() => clock.sleep(1)).toThrow("only a process can sleep");
  });

  it("hand their error to whoever asks for the result", async () => {
    const clock = new VirtualClock(START);
    const failing = clock.spawn("failing", () => Promise.reject(new Error("no luck")));
    const asking = clock.spawn("asking", async () => failing.done.wait());
    await clock.run();
    expect(asking.done.value).toMatchObject({ ok: true, value: { ok: false, error: { message: "no luck" } } });
  });

  it("surface their error from run when nobody asks", async () => {
    const clock = new VirtualClock(START);
    clock.spawn("lonely", () => Promise.reject(new Error("no luck")));
    await expect(clock.run()).rejects.toThrow('process "lonely" failed: no luck');
  });

  it("surface what a timer's body throws, at once or later", async () => {
    for (const body of [
      () => {
        throw new Error("broken");
      },
      () => Promise.reject(new Error("broken")),
    ]) {
      const clock = new VirtualClock(START);
      clock.after(1, "alarm", body);
      await expect(clock.run()).rejects.toThrow('process "alarm" failed: broken');
    }
  });
});

describe("gates", () => {
  it("wake everybody who waits, with the first value, in the order they came", async () => {
    const clock = new VirtualClock(START);
    const gate = clock.gate<string>();
    const heard: string[] = [];
    for (const name of ["first", "second"]) {
      clock.spawn(name, async () => void heard.push(`${name} ${await gate.wait()} at ${clock.now() - START}`));
    }
    clock.after(5, "open", () => {
      expect(gate.open("yes")).toBe(true);
      expect(gate.open("no")).toBe(false);
    });
    await clock.run();
    expect(heard).toEqual(["first yes at 5", "second yes at 5"]);
    expect(gate.value).toBe("yes");
  });

  it("let whoever comes late pass without a wait", async () => {
    const clock = new VirtualClock(START);
    const gate = clock.gate<number>();
    gate.open(7);
    const late = clock.spawn("late", () => gate.wait());
    await clock.run();
    expect(late.done.value).toEqual({ ok: true, value: 7 });
    expect(clock.now()).toBe(START);
  });

  it("can be watched from outside the simulation", async () => {
    const clock = new VirtualClock(START);
    const process = clock.spawn("inside", async () => "done");
    const outside = process.done.wait();
    await clock.run();
    expect(await outside).toEqual({ ok: true, value: "done" });
  });
});

describe("timers", () => {
  it("do not fire, nor move the clock, once cancelled", async () => {
    const clock = new VirtualClock(START);
    const timer = clock.after(DAY, "never", () => expect.unreachable());
    clock.after(10, "cancel", () => timer.cancel());
    await clock.run();
    expect(clock.now()).toBe(START + 10);
  });

  it("keep their order when ten thousand of them are cancelled", async () => {
    const clock = new VirtualClock(START);
    const fired: number[] = [];
    const timers = Array.from({ length: 20_000 }, (_, index) => {
      const ms = (index * 7_919) % 5_000;
      return { index, timer: clock.after(ms, "t", () => void fired.push(ms * 100_000 + index)) };
    });
    for (const { index, timer } of timers) if (index % 4 !== 0) timer.cancel();
    await clock.run();
    expect(fired).toHaveLength(5_000);
    expect(fired).toEqual([...fired].sort((a, b) => a - b));
  });

  it("fire in the order of their instant, whatever the order of their making", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }), async (delays) => {
        const clock = new VirtualClock(START);
        const fired: [number, number][] = [];
        delays.forEach((ms, index) => void clock.after(ms, "t", () => void fired.push([clock.now() - START, index])));
        await clock.run();
        const expected = delays.map((ms, index): [number, number] => [ms, index]);
        expected.sort(([a, i], [b, j]) => a - b || i - j);
        expect(fired).toEqual(expected);
      }),
    );
  });
});

describe("the kernel", () => {
  it("stops between two events when told to, and goes on from there", async () => {
    const clock = new VirtualClock(START);
    const ticks: number[] = [];
    clock.spawn("ticker", async () => {
      for (let tick = 0; tick < 10; tick += 1) {
        await clock.sleep(1_000);
        ticks.push(tick);
      }
    });
    expect(await clock.run({ until: () => ticks.length === 3 })).toBe("until");
    expect(clock.now()).toBe(START + 3_000);
    expect(await clock.run()).toBe("idle");
    expect(ticks).toHaveLength(10);
  });

  it("refuses to run twice at once", async () => {
    const clock = new VirtualClock(START);
    clock.spawn("inner", () => clock.run());
    await expect(clock.run()).rejects.toThrow("the clock runs already");
  });
});
