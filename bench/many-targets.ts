/**
 * How long a shift, a finish and a way back take with many functions, beside the time that Lambda's control plane needs for
 * their calls alone, in virtual time.
 *
 *     node bench/many-targets.ts [TARGETS,...]
 *
 * Ends with status 1 where a move takes longer than 1.5 times that floor and 10 seconds.
 */
import {
  BESIDE_SECONDS,
  boundOf,
  CALLS_A_SECOND,
  type Curve,
  curveOf,
  FACTOR,
  type Move,
} from "./many-targets/measure.ts";

const counts = (process.argv[2] ?? "1,20,60,200").split(",").map(Number);
if (counts.some((count) => !Number.isInteger(count) || count < 1)) {
  throw new RangeError("the targets are whole numbers above 0, such as 1,20");
}

process.stdout.write(
  `# Many targets\n\nSeconds, beside the floor of the calls at ${CALLS_A_SECOND} a second; at most ${FACTOR} x floor + ${BESIDE_SECONDS}.\n\n`,
);
process.stdout.write("targets  shift             finish            back (from the alarm)\n");
for (const count of counts) {
  const curve = await curveOf(count);
  process.stdout.write(`${line(curve)}\n`);
  if ([curve.shift, curve.finish, curve.back].some((move) => move.seconds > boundOf(move))) process.exitCode = 1;
}

function line({ targets, shift, finish, back }: Curve): string {
  return `${String(targets).padStart(7)}  ${[shift, finish, back].map(inWords).join("  ")}`.trimEnd();
}

function inWords(move: Move): string {
  return `${move.seconds.toFixed(1)} / ${move.floorSeconds.toFixed(1)}${move.seconds > boundOf(move) ? " TOO LONG" : ""}`.padEnd(
    16,
  );
}
