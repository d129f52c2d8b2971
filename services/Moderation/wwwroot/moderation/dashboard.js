// Keyboard and pointing; everything else is the server's. Elements say by data-key which key presses them.
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];

  const move = step => {
    const all = rows();
    if (all.length === 0) return;
    let at = all.indexOf(document.activeElement);
    if (at < 0) at = all.findIndex(row => row.getAttribute("aria-current") === "true");
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    // With a verdict open beside the list, moving opens the next one.
    if (document.querySelector(".has-detail") && matchMedia("(min-width: 900px)").matches) next.click();
  };

  const press = key => {
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!target || target.disabled) return false;
    if (target.matches("input, textarea")) { target.focus(); target.select?.(); } else target.click();
    return true;
  };

  document.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { document.activeElement?.blur(); setTimeout(() => press("d"), 150); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing) {
      if (event.key === "Escape") { typing.blur(); event.preventDefault(); }
      return;
    }
    if (document.querySelector(".mud-dialog")) return;
    if (event.key.length === 1 && document.documentElement.dataset.shortcuts === "off") return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step && (event.key.length === 1 || event.target.closest?.(".list-pane") || event.target === document.body)) { move(step); event.preventDefault(); return; }
    if ((event.key.length === 1 || event.key === "Escape") && event.key !== " " && press(event.key)) event.preventDefault();
  });

  // Evidence lights up where it stands in the text.
  let lit = null;
  const light = index => {
    if (index === lit) return;
    document.querySelectorAll(".lit").forEach(piece => piece.classList.remove("lit"));
    lit = index;
    if (index !== null) document.querySelectorAll(`[data-e~="${CSS.escape(index)}"]`).forEach(piece => piece.classList.add("lit"));
  };
  const evidence = event => light(event.target.closest?.("[data-evidence]")?.dataset.evidence ?? null);
  document.addEventListener("pointerover", evidence);
  document.addEventListener("focusin", evidence);
  document.addEventListener("click", event => {
    const index = event.target.closest?.("[data-evidence]")?.dataset.evidence;
    if (index) document.querySelector(`[data-e~="${CSS.escape(index)}"]`)?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  });

  // The figures of the word under the pointer.
  document.addEventListener("pointerover", event => {
    const token = event.target.closest?.(".body .t[title]");
    const readout = document.querySelector("[data-readout]");
    if (token && readout) readout.textContent = `“${token.textContent.trim().slice(0, 24)}”  ${token.title}`;
  });
})();
