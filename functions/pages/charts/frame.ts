/**
 * Charts as inline SVG: no script, no style attribute (a strict content policy forbids both), readable by a screen reader
 * through title and description. Pages that show one include `CHART_STYLE`. What every chart has: its size, its words, its
 * frame.
 */
import { type Html, html } from "../html.ts";

/** As wide as a phone: wider pages show it larger, which keeps its words readable on both. */
export const WIDTH = 380;
/** From this width on a chart fills its page, however wide. */
const WIDE = 500;

export const MARGIN = { left: 44, right: 12, top: 56, bottom: 22 } as const;

// Not Math.min(...values): a long bake has more points than a call may have arguments.
export const least = (values: readonly number[], none: number) =>
  values.length === 0 ? none : values.reduce((a, b) => Math.min(a, b));
export const greatest = (values: readonly number[], none: number) =>
  values.length === 0 ? none : values.reduce((a, b) => Math.max(a, b));

/** Average width of a letter at 11 px, to keep words inside the picture without measuring them. */
export const LETTER = 6.2;

export function fitting(text: string, room: number): string {
  const most = Math.floor(room / LETTER);
  if (text.length <= most) return text;
  return most < 3 ? "" : `${text.slice(0, most - 1)}…`;
}

/** What a chart is called, and what it says to those who cannot see it. */
interface Naming {
  /** Unique in the page; letters, digits and dashes. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences with what the chart shows. */
  readonly description: string;
  readonly yLabel?: string;
}

/** The chart's picture around its `body`. */
export function svg(
  chart: Naming,
  { width, height }: { readonly width: number; readonly height: number },
  body: Html,
): Html {
  const heading = chart.yLabel === undefined ? chart.title : `${chart.title} (${chart.yLabel})`;
  return html`<svg class="${width < WIDE ? "chart" : "chart wide"}" role="img" aria-labelledby="${chart.id}-title ${chart.id}-desc" viewBox="0 0 ${width} ${height}"><title id="${chart.id}-title">${chart.title}</title><desc id="${chart.id}-desc">${chart.description}</desc><text class="heading" x="4" y="14">${fitting(heading, width - 8)}</text>${body}</svg>`;
}
