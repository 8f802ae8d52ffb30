/** Judges the cases that its parent sends, one at a time. */
import type { FaultCase } from "./cases.ts";
import { judgeCase } from "./verdict.ts";

process.on("message", (what: FaultCase) => {
  void judgeCase(what).then((verdict) => process.send?.(verdict));
});
