/** The form of the approval page, as it comes back. */

export interface DecisionForm {
  readonly token: string;
  readonly decision: "approved" | "rejected";
  readonly comment: string;
  readonly version: string;
  readonly checklist: readonly string[];
}

/** Fields that stand once; a form with any other field, or one of these twice, is not ours. */
const ONCE = ["token", "decision", "comment", "version"] as const;

/** Reads a body of form fields; null when it is not the form of the approval page, filled in or not. */
export function readDecisionForm(body: string): DecisionForm | null {
  const fields = new URLSearchParams(body);
  const known = [...fields.keys()].every((name) => name === "checklist" || ONCE.some((one) => one === name));
  const [token, decision, comment, version] = ONCE.map((name) => fields.getAll(name));
  const single = [token, decision, comment, version].every((values) => values?.length === 1);
  if (!known || !single) return null;
  const [said] = decision ?? [];
  if (said !== "approved" && said !== "rejected") return null;
  return {
    token: token?.[0] ?? "",
    decision: said,
    // Browsers send line breaks as CR LF; one character each keeps the comment's length what the person saw.
    comment: (comment?.[0] ?? "").replaceAll("\r\n", "\n"),
    version: version?.[0] ?? "",
    checklist: fields.getAll("checklist"),
  };
}
