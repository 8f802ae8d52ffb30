// What the browser suites measure inside a page; evaluated there as it stands.

/** Elements whose content is cut off or sticks out of the page; what scrolls within its own frame is neither. */
globalThis.clippedElements = (available) =>
  [...document.querySelectorAll("body *")]
    .filter((element) => {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || element.closest(".scroll") !== null) return false;
      if (box.right > available + 0.5 || box.left < -0.5) return true;
      const holdsText = element instanceof HTMLElement && getComputedStyle(element).display !== "inline";
      return holdsText && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
    })
    .map((element) => element.outerHTML.slice(0, 120));

/** Words of charts that lie outside their picture. */
globalThis.wordsOutsideCharts = () =>
  [...document.querySelectorAll("svg text")]
    .filter((text) => {
      const frame = text.closest("svg").getBoundingClientRect();
      const box = text.getBoundingClientRect();
      const across = box.left >= frame.left - 1 && box.right <= frame.right + 1;
      return !(across && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1);
    })
    .map((text) => text.textContent);

/** What axe finds, as short as a test's failure should be. */
globalThis.accessibilityProblems = async () => {
  const { violations } = await globalThis.axe.run(document);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html.slice(0, 100)).join(" | ")}`);
};
