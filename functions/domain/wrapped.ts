/**
 * A long line for a terminal or a mail, broken between words into lines of at most `width` characters. All but the first are
 * indented by `hanging`; a word that is longer than a line stands alone, whole.
 */
export function wrapped(text: string, width: number, hanging = 0): string[] {
  if (text.length <= width || width <= hanging) return [text];
  const lines: string[] = [];
  const [first = "", ...words] = text.split(" ");
  let line = first;
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (longer.length <= width || line.trim() === "") line = longer;
    else {
      lines.push(line.trimEnd());
      line = `${" ".repeat(hanging)}${word}`;
    }
  }
  return [...lines, line];
}
