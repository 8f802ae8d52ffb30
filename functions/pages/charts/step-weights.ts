/** The steps of a rollout as stairs. */
import { type Html, html } from "../html.ts";
import { fitting, greatest, MARGIN, svg, WIDTH } from "./frame.ts";
import { linear, px } from "./scale.ts";

/** The share of traffic over the rollout's steps, drawn to the scale of their bakes. */
export function stepWeights(chart: {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly steps: readonly { readonly weight: number; readonly seconds: number; readonly label: string }[];
  readonly width?: number;
  readonly height?: number;
}): Html {
  const [width, height] = [chart.width ?? WIDTH, chart.height ?? 150];
  // A step without a bake is an instant, and still has to be seen; a tenth of the longest is enough.
  const longest =
    greatest(
      chart.steps.map(({ seconds }) => seconds),
      1,
    ) || 1;
  const extents = chart.steps.map(({ seconds }) => Math.max(seconds, longest / 10));
  const x = linear([0, extents.reduce((sum, one) => sum + one, 0)], [MARGIN.left, width - MARGIN.right]);
  const y = linear([0, 100], [height - MARGIN.bottom, 26]);
  let start = 0;
  const stairs = chart.steps.map(({ weight, label }, index) => {
    const [left, right] = [x.at(start), x.at(start + (extents[index] ?? 0))];
    start += extents[index] ?? 0;
    const middle = px((left + right) / 2);
    return html`<rect class="area" x="${px(left)}" y="${px(y.at(weight))}" width="${px(right - left)}" height="${px(y.at(0) - y.at(weight))}"/><line class="line tone-candidate" x1="${px(left)}" x2="${px(right)}" y1="${px(y.at(weight))}" y2="${px(y.at(weight))}"/><text x="${middle}" y="${px(y.at(weight) - 5)}" text-anchor="middle">${weight} %</text><text x="${middle}" y="${px(height - 6)}" text-anchor="middle">${fitting(label, right - left)}</text>`;
  });
  const base = html`<line class="axis" x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${px(y.at(0))}" y2="${px(y.at(0))}"/>`;
  return svg(chart, { width, height }, html`${stairs}${base}`);
}
