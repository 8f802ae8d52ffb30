/** SNS: fewer than 100 characters, no line breaks or control characters. What it takes, every mail service does. */
const LONGEST_SUBJECT = 99;
const CUT = "...";

/** Printable ASCII on one line, cut to length where it says so; a dot where nothing would be left, as SNS refuses an empty subject. */
export function cleanSubject(subject: string): string {
  const plain = subject
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[\u2010-\u2015]/g, "-")
    .replace(/\s+/g, " ")
    .replace(/[^ -~]/g, "?")
    .trim();
  if (plain.length > LONGEST_SUBJECT) return `${plain.slice(0, LONGEST_SUBJECT - CUT.length).trim()}${CUT}`;
  return plain === "" ? "." : plain;
}
